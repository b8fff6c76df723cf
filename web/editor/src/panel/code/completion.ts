/** Suggestions as CodeMirror shows them. */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import type { Surroundings } from "../scope";
import { suggest, type Suggestion } from "./complete";
import { scriptFunctions } from "./functions";
import { expressionAt } from "./braces";

const ICONS: Record<Suggestion["kind"], string> = {
  field: "property",
  name: "variable",
  node: "class",
  function: "function",
  keyword: "keyword",
};
/** What is nearest to the values comes first. */
const BOOST: Record<Suggestion["kind"], number> = { field: 30, node: 30, name: 20, function: 0, keyword: -20 };

export function completion(surroundings: () => Surroundings, inBraces: boolean): Extension {
  const source = async (context: CompletionContext): Promise<CompletionResult | null> => {
    const text = context.state.sliceDoc(0, context.pos);
    const start = inBraces ? expressionAt(text, context.pos) : 0;
    if (start === null) return null;
    const code = text.slice(start);
    if (!context.explicit && !/[\w.]$|nodes\["$/.test(code)) return null;
    const functions = await scriptFunctions();
    const found = suggest(code, { surroundings: surroundings(), functions });
    if (!found || context.aborted) return null;
    return { from: start + found.from, options: found.options.map(option), validFor: /^\w*$/ };
  };
  return autocompletion({ override: [source], icons: false, maxRenderedOptions: 60 });
}

function option({ label, kind, detail, about, insert }: Suggestion): Completion {
  return {
    label,
    type: ICONS[kind],
    boost: BOOST[kind],
    ...(detail && { detail }),
    ...(about && { info: about }),
    ...(insert && {
      apply: (view: EditorView, _: Completion, from: number, to: number) => put(view, insert, from, to),
    }),
  };
}

/** A field whose name needs brackets takes the place of the dot too; closing marks that are there are not doubled. */
function put(view: EditorView, insert: string, from: number, to: number) {
  const start = insert.startsWith("[") ? from - 1 : from;
  const after = view.state.sliceDoc(to, to + 2);
  const doubled =
    insert.includes('"].') && after.startsWith('"]') ? 2 : insert.includes('"].') && after.startsWith('"') ? 1 : 0;
  const opens = insert.endsWith("(") && after.startsWith("(") ? insert.slice(0, -1) : insert;
  view.dispatch({
    changes: { from: start, to: to + doubled, insert: opens },
    selection: { anchor: start + opens.length },
    userEvent: "input.complete",
  });
}
