/** What a workflow is besides its graph: description, tags, and how it runs. */
import { SlidersHorizontal } from "lucide-react";
import { Popover } from "radix-ui";
import { useId } from "react";
import type * as Y from "yjs";
import { setConfig, setMeta } from "../document/edits";
import { useWorkflow } from "../document/useDocument";

export function Details({ doc }: { doc: Y.Doc }) {
  return (
    <Popover.Root>
      <Popover.Trigger className="tool" aria-label="Details of the workflow" title="Details of the workflow">
        <SlidersHorizontal size={15} aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover details" sideOffset={8} align="start" aria-label="Details of the workflow">
          <Fields doc={doc} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

const ON_ERROR = [
  ["stop", "Stop the run"],
  ["continue", "Go on with other branches"],
  ["retry", "Try the node again"],
] as const;

function Fields({ doc }: { doc: Y.Doc }) {
  const { id, description = "", tags = [], config = {} } = useWorkflow(doc);
  const name = useId();
  const parallel = config["maxParallel"];
  return (
    <>
      <p className="text-xs text-ink-soft">
        Id <code>{id}</code>
      </p>
      <label>
        <span className="field-label">Description</span>
        <textarea
          className="prose"
          rows={3}
          value={description}
          onChange={(event) => setMeta(doc, "description", event.target.value || undefined)}
        />
      </label>
      <label>
        <span className="field-label">Tags, with commas between them</span>
        <input
          key={tags.join()}
          className="input"
          defaultValue={tags.join(", ")}
          onBlur={(event) => writeTags(doc, event.target.value, tags)}
          onKeyDown={(event) => event.key === "Enter" && writeTags(doc, event.currentTarget.value, tags)}
        />
      </label>
      <div className="details-row">
        <label>
          <span className="field-label">Nodes at once, at most</span>
          <input
            className="input"
            type="number"
            min={1}
            placeholder="Standard"
            value={typeof parallel === "number" ? parallel : ""}
            onChange={(event) =>
              setConfig(doc, "maxParallel", event.target.value ? Math.max(1, event.target.valueAsNumber) : undefined)
            }
          />
        </label>
        <label htmlFor={name}>
          <span className="field-label">When a node fails</span>
          <select
            id={name}
            className="input"
            value={String(config["errorHandling"] ?? "stop")}
            onChange={(event) => setConfig(doc, "errorHandling", event.target.value)}
          >
            {ON_ERROR.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
    </>
  );
}

function writeTags(doc: Y.Doc, text: string, before: readonly string[]) {
  const tags = [...new Set(text.split(",").map((tag) => tag.trim()))].filter(Boolean);
  if (tags.join() !== before.join()) setMeta(doc, "tags", tags.length > 0 ? tags : undefined);
}
