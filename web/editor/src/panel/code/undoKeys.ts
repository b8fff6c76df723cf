/** Undo in an editor is the document's: one history for the whole page. */
import type { Extension } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import type { Target } from "../target";

export const undoKeys = (target: Target): Extension =>
  keymap.of([
    { key: "Mod-z", run: () => (target.undo(), true), preventDefault: true },
    { key: "Mod-Shift-z", run: () => (target.redo(), true), preventDefault: true },
    { key: "Mod-y", run: () => (target.redo(), true), preventDefault: true },
  ]);
