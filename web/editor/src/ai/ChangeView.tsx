/** Every value that a change touches, before and after; texts of several lines by line. */
import type { Json } from "../api/types";
import { edgeEnds } from "../document/ends";
import { showNode } from "../app/showNode";
import type { Changes, Mark, ValueChange } from "./changes";
import { LazyTextDiff } from "./LazyTextDiff";
import { shortValue, visible } from "./words";

const SIGNS: Record<Mark, string> = { added: "+", changed: "~", removed: "−" };
const LINE_MAX = 72;

export function ChangeView({ changes: { nodes, edges, workflow } }: { changes: Changes }) {
  return (
    <ul className="ai-changes">
      {nodes.map(({ id, mark, node, values }) => (
        <li key={id} data-mark={mark}>
          <p className="ai-change-head">
            <Sign mark={mark} />
            <button type="button" disabled={mark === "added"} onClick={() => showNode(id)}>
              {visible(node.name ?? id)}
            </button>
            <code>{node.type}</code>
          </p>
          {mark !== "removed" && <Values values={values.filter(({ name }) => name !== "type" || mark === "changed")} />}
        </li>
      ))}
      {edges.map(({ key, mark, edge }) => (
        <li key={`${mark} ${key}`} data-mark={mark}>
          <p className="ai-change-head">
            <Sign mark={mark} />
            <code>{visible(edgeEnds(edge).replace("->", "→"))}</code>
          </p>
        </li>
      ))}
      {workflow.length > 0 && (
        <li data-mark="changed">
          <p className="ai-change-head">
            <Sign mark="changed" /> Workflow
          </p>
          <Values values={workflow} />
        </li>
      )}
    </ul>
  );
}

function Sign({ mark }: { mark: Mark }) {
  return (
    <span className="ai-sign" role="img" aria-label={mark}>
      {SIGNS[mark]}
    </span>
  );
}

function Values({ values }: { values: readonly ValueChange[] }) {
  return (
    <dl className="ai-values">
      {values.map((change) => (
        <div key={change.name}>
          <dt>{visible(change.name.replace(/^params\./, ""))}</dt>
          <dd>
            <Sides change={change} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Sides({ change: { before, after } }: { change: ValueChange }) {
  const [old, fresh] = [textOf(before), textOf(after)];
  if (isLong(old) || isLong(fresh)) return <LazyTextDiff before={old} after={fresh} />;
  return (
    <>
      {before !== undefined && <del>{shortValue(before, LINE_MAX)}</del>}{" "}
      {after !== undefined && <ins>{shortValue(after, LINE_MAX)}</ins>}
    </>
  );
}

/** Nothing of a long value is left out: it is shown by line. */
const isLong = (text: string) => text.includes("\n") || text.length > LINE_MAX;

function textOf(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
