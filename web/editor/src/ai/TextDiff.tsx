/** Two texts in one, line by line, with what differs inside a line. Characters that cannot be seen are drawn. */
import { unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightSpecialChars } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { rhai } from "../panel/code/rhai";
import { theme } from "../panel/code/theme";

/** Joiners and fillers that the editor does not count as special by itself. */
const HIDDEN =
  /[\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200C\u200D\u2060-\u206F\u3164\uFE00-\uFE0F\uFFA0\uFFF0-\uFFFB]|\uD834[\uDD73-\uDD7A]|[\uDB40-\uDB43][\uDC00-\uDFFF]/g;

export function TextDiff({ before, after }: { before: string; after: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return;
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: after === "" ? before : after,
        extensions: [
          theme,
          rhai,
          EditorView.lineWrapping,
          EditorView.editable.of(false),
          EditorView.contentAttributes.of({ "aria-label": "Difference by line", tabindex: "0" }),
          highlightSpecialChars({ addSpecialChars: HIDDEN }),
          differing(before, after),
        ],
      }),
    });
    return () => view.destroy();
  }, [before, after]);
  return <div ref={place} className="ai-diff" />;
}

/** Of a text that comes or goes as a whole, every line is marked; there is nothing to compare it with. */
function differing(before: string, after: string): Extension {
  if (before === "") return EditorView.editorAttributes.of({ class: "all-added" });
  if (after === "") return EditorView.editorAttributes.of({ class: "all-removed" });
  return unifiedMergeView({
    original: before,
    mergeControls: false,
    gutter: true,
    allowInlineDiffs: false,
    collapseUnchanged: { margin: 2, minSize: 6 },
  });
}
