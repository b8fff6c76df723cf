/** What differs between two values, place by place; of texts, line by line. */
import type { ValueChange } from "../api/types";
import { numberText } from "../lib/exact";
import { oneLine } from "../lib/words";

const SIGNS: Record<ValueChange["op"], string> = { added: "+", removed: "−", changed: "~", moved: "→" };
const WORDS: Record<ValueChange["op"], string> = {
  added: "added",
  removed: "removed",
  changed: "changed",
  moved: "moved",
};
const LENGTH_MAX = 400;
const SHOWN_MAX = 200;

export function ChangeList({ changes }: { changes: readonly ValueChange[] }) {
  return (
    <ul className="changes">
      {changes.slice(0, SHOWN_MAX).map((change, at) => (
        <li key={at} data-mark={change.op}>
          <span className="diff-sign" role="img" aria-label={WORDS[change.op]}>
            {SIGNS[change.op]}
          </span>
          <code className="change-path">
            {change.from !== null && `${change.from} → `}
            {change.path || "the whole value"}
          </code>
          {change.lines ? <Lines lines={change.lines} /> : <Sides change={change} />}
        </li>
      ))}
      {changes.length > SHOWN_MAX && <li>and {(changes.length - SHOWN_MAX).toLocaleString("en")} more places</li>}
    </ul>
  );
}

function Sides({ change }: { change: ValueChange }) {
  const { op, before, after } = change;
  const isPlace = before === null && after === null && op !== "changed";
  if (op === "moved" || isPlace) return null;
  return (
    <span className="change-sides">
      {op !== "added" && <del>{sideOf(change, "before")}</del>}
      {op !== "removed" && <ins>{sideOf(change, "after")}</ins>}
    </span>
  );
}

/** `8.0` and `8` are two values, so a number is shown as it was written. */
const sideOf = (change: ValueChange, side: "before" | "after") =>
  numberText(change, side) ?? oneLine(change[side], LENGTH_MAX);

const LINE_MARKS: Record<string, "added" | "removed"> = { "+": "added", "-": "removed" };

function Lines({ lines }: { lines: string }) {
  return (
    <pre className="change-lines" tabIndex={0}>
      {lines
        .replace(/\n$/, "")
        .split("\n")
        .map((line, at) => {
          const mark = LINE_MARKS[line.charAt(0)];
          return (
            <span key={at} {...(mark && { "data-mark": mark })}>
              {line}
              {"\n"}
            </span>
          );
        })}
    </pre>
  );
}
