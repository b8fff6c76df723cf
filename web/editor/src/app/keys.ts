/**
 * Every key of the editor, once: the listener, the help on `?` and the command palette all read this list.
 *
 * `Mod` is Ctrl, or Cmd on a Mac. A key acts only where it is heard: its `where`, and never while somebody types in a
 * field, unless it says so.
 */
import { useEffect, useRef } from "react";

export type Where = "anywhere" | "canvas" | "timeline";

export interface Key {
  readonly action: string;
  /** None: only the command palette leads to it. */
  readonly keys: readonly string[];
  readonly says: string;
  readonly where: Where;
  /** Acts while somebody types, too. */
  readonly inFields?: boolean;
  /** The browser's own meaning is kept: the action hangs on what it then reports, such as `copy`. */
  readonly native?: boolean;
}

export const KEYS = [
  { action: "palette", keys: ["Mod+k"], says: "Find anything", where: "anywhere", inFields: true },
  { action: "run", keys: ["Mod+Enter"], says: "Run the workflow", where: "anywhere", inFields: true },
  { action: "runToHere", keys: ["Mod+Shift+Enter"], says: "Run to the selected node", where: "anywhere" },
  { action: "save", keys: ["Mod+s"], says: "Save now", where: "anywhere", inFields: true },
  { action: "undo", keys: ["Mod+z"], says: "Undo", where: "anywhere" },
  { action: "redo", keys: ["Mod+Shift+z", "Mod+y"], says: "Redo", where: "anywhere" },
  { action: "help", keys: ["?"], says: "Show the keys", where: "anywhere" },
  { action: "nextPane", keys: ["F6"], says: "Go to the next pane", where: "anywhere", inFields: true },
  { action: "chat", keys: ["Mod+i"], says: "Open or close the AI chat", where: "anywhere", inFields: true },
  {
    action: "versions",
    keys: ["Mod+Shift+h"],
    says: "Open or close the history of the workflow",
    where: "anywhere",
    inFields: true,
  },
  { action: "publish", keys: [], says: "Publish…", where: "anywhere" },
  { action: "branch", keys: [], says: "Branch…", where: "anywhere" },
  { action: "mergeBack", keys: [], says: "Merge back…", where: "anywhere" },
  { action: "restoreVersion", keys: [], says: "Restore the version that is shown", where: "anywhere" },
  { action: "backToNow", keys: [], says: "Back to the workflow as it is now", where: "anywhere" },
  { action: "bisect", keys: [], says: "Find the edit that broke this run…", where: "anywhere" },
  {
    action: "acceptProposal",
    keys: ["Alt+Enter"],
    says: "Accept the proposed change",
    where: "anywhere",
    inFields: true,
  },
  { action: "rejectProposal", keys: ["Alt+Backspace"], says: "Reject the proposed change", where: "anywhere" },
  { action: "nextPart", keys: ["F7"], says: "Next part of the proposed change", where: "anywhere", inFields: true },
  { action: "previousPart", keys: ["Shift+F7"], says: "Previous part of it", where: "anywhere", inFields: true },
  { action: "turnPart", keys: ["F8"], says: "Take this part or leave it", where: "anywhere", inFields: true },
  { action: "chatHistory", keys: [], says: "Chats of this workflow", where: "anywhere" },
  { action: "explainWorkflow", keys: [], says: "Explain this workflow", where: "anywhere" },
  { action: "explainFrame", keys: [], says: "Explain this frame", where: "anywhere" },
  { action: "explainDifference", keys: [], says: "Explain what differs between the two runs", where: "anywhere" },
  { action: "aiSettings", keys: [], says: "AI settings", where: "anywhere" },
  { action: "add", keys: ["Tab"], says: "Add a node", where: "canvas" },
  { action: "edit", keys: ["Enter"], says: "Edit the node's parameters", where: "canvas" },
  { action: "rename", keys: ["F2"], says: "Rename", where: "canvas" },
  { action: "disable", keys: ["d"], says: "Disable or enable", where: "canvas" },
  { action: "comment", keys: ["m"], says: "Comment on the node or connection", where: "canvas" },
  { action: "delete", keys: ["Delete", "Backspace"], says: "Delete", where: "canvas" },
  { action: "copy", keys: ["Mod+c"], says: "Copy", where: "canvas", native: true },
  { action: "cut", keys: ["Mod+x"], says: "Cut", where: "canvas", native: true },
  { action: "paste", keys: ["Mod+v"], says: "Paste", where: "canvas", native: true },
  { action: "duplicate", keys: ["Mod+d"], says: "Duplicate", where: "canvas" },
  { action: "selectAll", keys: ["Mod+a"], says: "Select all", where: "canvas" },
  { action: "selectNone", keys: ["Escape"], says: "Select nothing", where: "canvas" },
  { action: "connect", keys: ["c"], says: "Connect the selected nodes, in the order of the canvas", where: "canvas" },
  { action: "group", keys: ["Mod+g"], says: "Group", where: "canvas" },
  { action: "ungroup", keys: ["Mod+Shift+g"], says: "Ungroup", where: "canvas" },
  { action: "note", keys: ["n"], says: "Add a note", where: "canvas" },
  { action: "layout", keys: ["l"], says: "Arrange all nodes", where: "canvas" },
  { action: "left", keys: ["ArrowLeft"], says: "Node to the left", where: "canvas" },
  { action: "right", keys: ["ArrowRight"], says: "Node to the right", where: "canvas" },
  { action: "up", keys: ["ArrowUp"], says: "Node above", where: "canvas" },
  { action: "down", keys: ["ArrowDown"], says: "Node below", where: "canvas" },
  { action: "moveLeft", keys: ["Alt+ArrowLeft"], says: "Move left", where: "canvas" },
  { action: "moveRight", keys: ["Alt+ArrowRight"], says: "Move right", where: "canvas" },
  { action: "moveUp", keys: ["Alt+ArrowUp"], says: "Move up", where: "canvas" },
  { action: "moveDown", keys: ["Alt+ArrowDown"], says: "Move down", where: "canvas" },
  { action: "zoomReset", keys: ["0"], says: "Zoom to 100 %", where: "canvas" },
  { action: "fit", keys: ["1"], says: "Show all", where: "canvas" },
  { action: "zoomIn", keys: ["+", "="], says: "Zoom in", where: "canvas" },
  { action: "zoomOut", keys: ["-"], says: "Zoom out", where: "canvas" },
  { action: "density", keys: ["v"], says: "Compact, normal or detailed nodes", where: "canvas" },
  { action: "previousFrame", keys: ["ArrowLeft"], says: "One frame back", where: "timeline" },
  { action: "nextFrame", keys: ["ArrowRight"], says: "One frame on", where: "timeline" },
  { action: "previousAttempt", keys: ["Shift+ArrowLeft"], says: "The same node's frame before", where: "timeline" },
  { action: "nextAttempt", keys: ["Shift+ArrowRight"], says: "The same node's next frame", where: "timeline" },
  { action: "firstFrame", keys: ["Home"], says: "To the beginning", where: "timeline" },
  { action: "lastFrame", keys: ["End"], says: "To the end", where: "timeline" },
  { action: "previousFailure", keys: ["["], says: "Previous failure", where: "timeline" },
  { action: "nextFailure", keys: ["]"], says: "Next failure", where: "timeline" },
  { action: "play", keys: ["Space"], says: "Play or stop", where: "timeline" },
  { action: "fork", keys: ["f"], says: "Fork here", where: "timeline" },
  { action: "compare", keys: ["c"], says: "Compare with the previous run", where: "timeline" },
  { action: "fix", keys: ["h"], says: "Look for a fix of the failed frame", where: "timeline" },
  { action: "pin", keys: ["p"], says: "Pin this output", where: "timeline" },
] as const satisfies readonly Key[];

export type Action = (typeof KEYS)[number]["action"];
export type Handlers = Partial<Record<Action, (event: KeyboardEvent | null) => void>>;

const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** What a key event is called in the list. */
export function keyName(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // The shift that a character needs is part of the character: `?` and `+`.
  const isLetter = /^[a-z]$/.test(key);
  const shift = event.shiftKey && (isLetter || key.length > 1);
  const mod = event.ctrlKey || event.metaKey;
  return [mod && "Mod", event.altKey && "Alt", shift && "Shift", key].filter(Boolean).join("+");
}

/** A key as people read it: `Ctrl+Z`, on a Mac `⌘Z`. */
export function keyLabel(key: string): string {
  const names: Record<string, string> = {
    Mod: isMac ? "⌘" : "Ctrl",
    Alt: isMac ? "⌥" : "Alt",
    Shift: isMac ? "⇧" : "Shift",
    ArrowLeft: "←",
    ArrowRight: "→",
    ArrowUp: "↑",
    ArrowDown: "↓",
    Delete: "Del",
    Escape: "Esc",
  };
  const parts = key === "+" ? ["+"] : key.split("+");
  return parts.map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(isMac ? "" : "+");
}

export const keyOf = (action: Action): string => {
  const [key] = (KEYS.find((entry) => entry.action === action) as Key).keys;
  return key === undefined ? "" : keyLabel(key);
};

export function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable || target.matches("input:not([type=checkbox],[type=radio],[type=range]), textarea, select")
  );
}

/**
 * Where a key may act, in the order of asking: where the focus is, as the nearest element says, then what the screen
 * says. The timeline has keys of its own only; the bar at the head of the page has none, so the timeline's act there;
 * a canvas on which nothing is selected is idle, and asks last.
 */
function placesOf(target: EventTarget | null): readonly string[] {
  const named = target instanceof Element ? target.closest("[data-keys]") : null;
  const screen = document.querySelector("[data-keys-default]")?.getAttribute("data-keys-default")?.split(" ") ?? [];
  switch (named?.getAttribute("data-keys")) {
    case undefined:
      return screen;
    case "canvas":
      return named?.hasAttribute("data-idle") ? [...screen, "canvas"] : ["canvas", ...screen];
    case "bar":
      return screen.filter((place) => place === "timeline");
    case "timeline":
      return ["timeline"];
    default:
      return [];
  }
}

/** A key that presses what the focus is on. */
function isPress(name: string, target: EventTarget | null): boolean {
  const presses = name === "Space" || name === "Enter";
  return presses && target instanceof Element && target.closest("button, a, summary, [role=tab]") !== null;
}

const heard: { current: Handlers }[] = [];

function onKey(event: KeyboardEvent) {
  if (event.defaultPrevented || event.isComposing) return;
  const name = keyName(event);
  if (isPress(name, event.target)) return;
  // A dialog is a room of its own: only its own keys act there.
  if (event.target instanceof Element && event.target.closest("[role=dialog]") && name !== "Mod+k") return;
  for (const where of ["anywhere", ...placesOf(event.target)]) {
    const handler = handlerFor(name, where, isField(event.target));
    if (!handler) continue;
    event.preventDefault();
    handler(event);
    return;
  }
}

function handlerFor(name: string, where: string, inField: boolean) {
  for (const entry of KEYS as readonly Key[]) {
    if (entry.where !== where || !entry.keys.includes(name) || entry.native || (inField && !entry.inFields)) continue;
    const handler = findHandler(entry.action as Action);
    if (handler) return handler;
  }
  return undefined;
}

export function findHandler(action: Action): ((event: KeyboardEvent | null) => void) | undefined {
  return heard.findLast((handlers) => handlers.current[action])?.current[action];
}

/** Does what a key would do. */
export const act = (action: Action) => findHandler(action)?.(null);

/** Hears keys as long as the component is there. The last that came is asked first. */
export function useKeys(handlers: Handlers) {
  const held = useRef(handlers);
  useEffect(() => {
    held.current = handlers;
  });
  useEffect(() => {
    if (heard.length === 0) addEventListener("keydown", onKey);
    heard.push(held);
    return () => {
      heard.splice(heard.indexOf(held), 1);
      if (heard.length === 0) removeEventListener("keydown", onKey);
    };
  }, []);
}
