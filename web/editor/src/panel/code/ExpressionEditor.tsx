/** An editor for a text with `{{ expressions }}`, as low as its text. */
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { bracketMatching } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState, Transaction, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, placeholder as placeholderOf } from "@codemirror/view";
import { useEffect, useRef } from "react";
import type { Problem } from "../../api/types";
import type { Surroundings } from "../scope";
import type { Target } from "../target";
import { overBrace } from "./braces";
import { diagnostic } from "./check";
import { completion } from "./completion";
import { dropPath } from "./dropPath";
import { codeKeymap } from "./keymap";
import { template } from "./template";
import { theme } from "./theme";
import { undoKeys } from "./undoKeys";
import { useEditor, type EditorNaming } from "./useEditor";

export interface ExpressionEditorProps extends EditorNaming {
  value: string;
  placeholder: string;
  lines: number;
  /** Where the caret goes at first; null leaves the focus where it is. */
  caret: number | null;
  readOnly: boolean;
  problem: Problem | null;
  surroundings: Surroundings;
  target: Target;
  type: (text: string) => void;
}

export function ExpressionEditor(props: ExpressionEditorProps) {
  const { value, placeholder, lines, caret, readOnly, problem, surroundings, target, type, ...naming } = props;
  const latest = useRef({ surroundings, target, type });
  useEffect(() => {
    latest.current = { surroundings, target, type };
  });
  const extensions = (): Extension => [
    undoKeys(target),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      // On one line Enter has nothing to break; Shift-Enter still does.
      ...(lines === 1 ? [{ key: "Enter", run: () => true }] : []),
      ...codeKeymap,
    ]),
    typeOver,
    look,
    placeholder ? placeholderOf(placeholder) : [],
    EditorState.readOnly.of(readOnly),
    completion(() => latest.current.surroundings, true),
    dropPath(true),
    EditorView.domEventHandlers({ blur: () => latest.current.target.settle() }),
    EditorView.updateListener.of(({ docChanged, transactions, state }) => {
      const typed = transactions.some((transaction) => transaction.annotation(Transaction.remote) !== true);
      if (docChanged && typed) latest.current.type(state.doc.toString());
    }),
  ];
  const { host, view } = useEditor(readOnly, () => value, extensions, naming);
  useFollow(view, value);
  useUnderline(view, problem);
  useEffect(() => {
    if (caret === null || !view.current) return;
    view.current.focus();
    view.current.dispatch({ selection: { anchor: Math.min(caret, view.current.state.doc.length) } });
  }, [caret, view]);
  return (
    <div
      ref={host}
      className="field-editor"
      data-invalid={naming["aria-invalid"]}
      data-lines={lines > 1 || undefined}
    />
  );
}

/** A person who closes an expression that closed itself means the same one. */
const typeOver = EditorView.inputHandler.of((view, from, to, text) => {
  const caret = text === "}" && from === to ? overBrace(view.state.doc.toString(), from) : null;
  if (caret === null) return false;
  view.dispatch({ selection: { anchor: caret }, userEvent: "input.type" });
  return true;
});

const look: Extension = [template, theme, drawSelection(), bracketMatching(), closeBrackets(), EditorView.lineWrapping];

/** The value changed elsewhere: by undo, by another hand. */
function useFollow(view: React.RefObject<EditorView | null>, value: string) {
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: value },
      annotations: Transaction.remote.of(true),
    });
  }, [view, value]);
}

function useUnderline(view: React.RefObject<EditorView | null>, problem: Problem | null) {
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const placed = problem && problem.place.line ? [diagnostic(editor.state.doc, problem)] : [];
    editor.dispatch(setDiagnostics(editor.state, placed));
  }, [view, problem]);
}
