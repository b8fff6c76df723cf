/** A script editor, bound to the shared text so that others may write in it at the same time. */
import { closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap } from "@codemirror/autocomplete";
import { indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, ViewPlugin } from "@codemirror/view";
import { Maximize2 } from "lucide-react";
import { Dialog } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import { yCollab, YSyncConfig } from "y-codemirror.next";
import type * as Y from "yjs";
import { Carets } from "../../collab/carets";
import { companyNow } from "../../collab/people";
import { GO_TO_LINE } from "../problems";
import type { Surroundings } from "../scope";
import type { Target } from "../target";
import { checkScript } from "./check";
import { completion } from "./completion";
import { dropPath } from "./dropPath";
import { codeKeymap } from "./keymap";
import { rhai } from "./rhai";
import { theme } from "./theme";
import { undoKeys } from "./undoKeys";
import { useEditor, type EditorNaming } from "./useEditor";

export interface CodeEditorProps extends EditorNaming {
  title: string;
  /** Null when it can only be read. */
  text: Y.Text | null;
  value: string;
  lines: number;
  surroundings: Surroundings;
  target: Target;
}

export function CodeEditor(props: CodeEditorProps) {
  const [large, setLarge] = useState(false);
  return (
    <div className="field-editor" data-invalid={props["aria-invalid"]}>
      <Editor {...props} large={false} />
      <button
        type="button"
        className="field-tool editor-grow"
        aria-label={`Edit ${props.title} in full size`}
        onClick={() => setLarge(true)}
      >
        <Maximize2 size={13} aria-hidden />
      </button>
      <Dialog.Root open={large} onOpenChange={setLarge}>
        <Dialog.Portal>
          <Dialog.Overlay className="panel-overlay" />
          <Dialog.Content
            className="panel-dialog"
            aria-describedby={undefined}
            onOpenAutoFocus={(event) => {
              event.preventDefault();
              (event.target as Element | null)?.querySelector<HTMLElement>(".cm-content")?.focus();
            }}
            onEscapeKeyDown={(event) => {
              if (letTabThrough(event.target)) event.preventDefault();
            }}
          >
            <header className="panel-dialog-head">
              <Dialog.Title>{props.title}</Dialog.Title>
              <span className="panel-dialog-note">Escape, then Tab leaves the editor</span>
              <Dialog.Close className="button-plain">Done</Dialog.Close>
            </header>
            <Editor {...props} id={`${props.id}-large`} aria-label={props.title} large />
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    </div>
  );
}

function Editor({
  title,
  text,
  value,
  lines,
  surroundings,
  target,
  large,
  ...naming
}: CodeEditorProps & { large: boolean }) {
  const latest = useRef(surroundings);
  useEffect(() => {
    latest.current = surroundings;
    target.track(YSyncConfig);
  }, [surroundings, target]);
  const extensions = (): Extension => [
    text ? shared(text) : EditorState.readOnly.of(true),
    undoKeys(target),
    scriptKeys,
    scriptLook,
    checkScript(),
    completion(() => latest.current, false),
    EditorView.domEventHandlers({ blur: () => target.settle() }),
    goToLine,
    dropPath(false),
  ];
  const { host } = useEditor(text ?? value, () => text?.toString() ?? value, extensions, {
    ...naming,
    "aria-label": naming["aria-label"] ?? title,
  });
  return (
    <div
      ref={host}
      className="script"
      data-large={large || undefined}
      style={{ "--lines": lines } as React.CSSProperties}
    />
  );
}

/** The text, with the carets of those who are in it, too. */
function shared(text: Y.Text): Extension {
  const company = companyNow();
  const isHere = company !== null && company.awareness.doc === text.doc;
  const leave = () => {
    if (isHere) company.caret = null;
  };
  return [
    yCollab(text, isHere ? new Carets(company) : null, { undoManager: false }),
    EditorView.domEventHandlers({ blur: leave }),
    ViewPlugin.define(() => ({ destroy: leave })),
  ];
}

/** In the editor Escape closes suggestions and frees Tab; the dialog, which hears it first, must not take it. */
function letTabThrough(target: EventTarget | null): boolean {
  const content = target instanceof HTMLElement ? target.closest<HTMLElement>(".cm-content") : null;
  const view = content && EditorView.findFromDOM(content);
  if (!view) return false;
  closeCompletion(view);
  view.setTabFocusMode(TAB_FREE_MS);
  return true;
}

const TAB_FREE_MS = 2000;

const goToLine = ViewPlugin.define((view) => {
  const go = (event: Event) => {
    const { doc } = view.state;
    const line = doc.line(Math.min(Math.max(Number((event as CustomEvent).detail), 1), doc.lines));
    view.dispatch({ selection: { anchor: line.from }, scrollIntoView: true });
  };
  view.contentDOM.addEventListener(GO_TO_LINE, go);
  return { destroy: () => view.contentDOM.removeEventListener(GO_TO_LINE, go) };
});

const scriptKeys: Extension = keymap.of([
  ...closeBracketsKeymap,
  ...completionKeymap,
  ...lintKeymap,
  ...searchKeymap,
  // After Escape, CodeMirror lets one Tab through: the keyboard is not caught.
  indentWithTab,
  ...codeKeymap,
]);

const scriptLook: Extension = [
  rhai,
  theme,
  lineNumbers(),
  drawSelection(),
  highlightActiveLine(),
  highlightSelectionMatches(),
  bracketMatching(),
  closeBrackets(),
  indentOnInput(),
  indentUnit.of("  "),
];
