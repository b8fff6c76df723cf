/** Complaints of the service about a script, while it is written. */
import { linter, type Diagnostic } from "@codemirror/lint";
import type { Text } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import { post } from "../../api/client";
import type { Problem } from "../../api/types";

const QUIET_MS = 250;

/** Never evaluates: the service only parses. */
export const checkScript = () =>
  linter(
    async ({ state: { doc } }: EditorView) => {
      const code = doc.toString();
      if (code.trim() === "") return [];
      const answer = await post<{ problems: Problem[] }>("/scripts/check", { code }).catch(() => null);
      return (answer?.problems ?? []).map((problem) => diagnostic(doc, problem));
    },
    { delay: QUIET_MS },
  );

/** From the place to the end of its word, so that there is something to underline. */
export function diagnostic(doc: Text, { place, message, hint, severity }: Problem): Diagnostic {
  const line = doc.line(Math.min(Math.max(place.line ?? 1, 1), doc.lines));
  const column = columnAt(line.text, place.column ?? 1);
  const from = line.from + column;
  const word = /^\w+|^\S/.exec(line.text.slice(column))?.[0].length ?? 0;
  return {
    from: word === 0 ? Math.max(line.from, from - 1) : from,
    to: from + word,
    severity,
    message: hint ? `${message}\n${hint}` : message,
  };
}

/** The service counts characters; CodeMirror counts UTF-16 units. */
function columnAt(line: string, column: number): number {
  return [...line].slice(0, column - 1).join("").length;
}
