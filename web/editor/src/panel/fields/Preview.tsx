/** What the expression above it gives, on one line. */
import { useState } from "react";
import type { Json, Problem } from "../../api/types";
import { isRecord, writeJson } from "../../lib/schema";
import { oneLine } from "../../lib/words";
import { typeOf } from "../code/complete";
import type { Trial } from "../preview";
import type { Scope } from "../scope";
import { About } from "./About";

interface PreviewProps {
  id: string;
  text: string;
  trial: Trial;
  problem: Problem | null;
  scope: Scope | null;
}

export function Preview({ id, text, trial, problem, scope }: PreviewProps) {
  if (problem) return <Complaint id={id} problem={problem} />;
  if (!scope) {
    return (
      <p id={id} className="field-preview">
        Run once to see what this gives.
      </p>
    );
  }
  if (trial.kind !== "given" || trial.outcome.problem) return <p id={id} className="field-preview" />;
  return <Result id={id} value={trial.outcome.value} old={trial.text !== text} from={scope.from} />;
}

function Complaint({ id, problem: { message, hint, place } }: { id: string; problem: Problem }) {
  const where = place.column ? `${(place.line ?? 1) > 1 ? `line ${place.line}, ` : ""}column ${place.column}: ` : "";
  return (
    <p id={id} className="field-problem">
      {where}
      <About text={message} />
      {hint && (
        <span className="field-hint">
          {" "}
          <About text={hint} />
        </span>
      )}
    </p>
  );
}

function Result({ id, value, old, from }: { id: string; value: Json; old: boolean; from: string }) {
  const [open, setOpen] = useState(false);
  const { type, text, whole } = described(value);
  return (
    <div id={id} className="field-preview" data-old={old || undefined} title={`With the values of ${from}`}>
      <button type="button" className="preview-line" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden>= </span>
        <span className="preview-value">{text}</span>
        <span className="preview-type">{type}</span>
      </button>
      {open && <pre className="preview-whole">{whole}</pre>}
    </div>
  );
}

/** A value that was cut says so by its type and size. */
function described(value: Json): { type: string; text: string; whole: string } {
  const cut = isRecord(value) && isRecord(value["$preview"]) ? value["$preview"] : null;
  if (cut) {
    const start = String(cut["text"]);
    return {
      type: `${String(cut["type"])}, ${String(cut["bytes"])} bytes`,
      text: oneLine(start, 120),
      whole: `${start}…`,
    };
  }
  const text = typeof value === "string" ? JSON.stringify(value) : oneLine(value, 120);
  return { type: typeOf(value), text: oneLine(text, 120), whole: typeof value === "string" ? value : writeJson(value) };
}
