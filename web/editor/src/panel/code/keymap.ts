/** The keys of a code field: CodeMirror's, without those that mean something to the whole editor. */
import { defaultKeymap } from "@codemirror/commands";

/** Run, and the AI. */
const OF_THE_EDITOR = ["Mod-Enter", "Mod-i"];

export const codeKeymap = defaultKeymap.filter(({ key }) => !OF_THE_EDITOR.includes(key ?? ""));
