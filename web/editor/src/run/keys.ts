/** The keys of the timeline as a list: the help on `?` shows it, and the timeline obeys it. */
import { openForkDialog, comparePrevious, pinOutput } from "./actions";
import { step, stepAttempt, stepEvent, stepFailure, toEnd, togglePlay, toStart } from "./moves";

export interface KeyBinding {
  /** As `KeyboardEvent.key`, with the modifiers before it: `Shift+ArrowLeft`. Any of them. */
  keys: string[];
  title: string;
  /** Where it holds, for people. */
  when: string;
  action: () => void;
}

const WHEN = "A run is shown";

export const runKeys: KeyBinding[] = [
  { keys: ["ArrowLeft"], title: "One frame back", when: WHEN, action: () => step(-1) },
  { keys: ["ArrowRight"], title: "One frame on", when: WHEN, action: () => step(1) },
  {
    keys: ["Shift+ArrowLeft"],
    title: "The same node, one attempt or iteration back",
    when: WHEN,
    action: () => stepAttempt(-1),
  },
  {
    keys: ["Shift+ArrowRight"],
    title: "The same node, one attempt or iteration on",
    when: WHEN,
    action: () => stepAttempt(1),
  },
  { keys: [","], title: "One event back", when: WHEN, action: () => stepEvent(-1) },
  { keys: ["."], title: "One event on", when: WHEN, action: () => stepEvent(1) },
  { keys: ["Home"], title: "To the start of the run", when: WHEN, action: toStart },
  { keys: ["End"], title: "To the end, and follow", when: WHEN, action: toEnd },
  { keys: ["["], title: "Previous failure", when: WHEN, action: () => stepFailure(-1) },
  { keys: ["]"], title: "Next failure", when: WHEN, action: () => stepFailure(1) },
  { keys: [" "], title: "Play or pause", when: WHEN, action: togglePlay },
  { keys: ["f"], title: "Fork here", when: WHEN, action: openForkDialog },
  { keys: ["c"], title: "Compare with the previous run", when: WHEN, action: () => void comparePrevious() },
  { keys: ["p"], title: "Pin this output", when: WHEN, action: () => void pinOutput() },
];

/** What typing, pressing or choosing needs for itself. */
const OWN_KEYS =
  "input, textarea, select, [contenteditable=true], [role=textbox], [role=tree], [role=treeitem], [role=menu], " +
  "[role=dialog], [role=listbox], [role=combobox], [role=radiogroup], [role=separator], .cm-editor, .react-flow__node";
const PRESSED = "button, a, summary, [role=tab]";

/** Obeys a key press, unless it is meant for what has the focus; tells whether it did. */
export function obeyRunKey(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  const on = event.target instanceof Element ? event.target : null;
  if (on?.closest(OWN_KEYS)) return false;
  if ((event.key === " " || event.key === "Enter") && on?.closest(PRESSED)) return false;
  if (event.key.startsWith("Arrow") && on?.closest("[role=tablist]")) return false;
  const name = event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key.toLowerCase();
  const binding = runKeys.find(({ keys }) => keys.some((key) => key.toLowerCase() === name.toLowerCase()));
  if (!binding) return false;
  event.preventDefault();
  binding.action();
  return true;
}
