/** Undo and redo of this person's edits, one action a step. */
import * as Y from "yjs";
import { LocalEdit } from "./edit";
import { roots } from "./shape";

/** Keystrokes in one field nearer together than this are one step, until the field is left or something else is done. */
const TYPING_MS = 2000;

export interface History {
  undo(): string | null;
  redo(): string | null;
  canUndo(): boolean;
  canRedo(): boolean;
  /** Lets changes with this origin be undone too: an editor's binding to a `Y.Text`. */
  track(origin: unknown): void;
  /**
   * What the service is about to do in this person's name, as one step: the transaction in which this client id, made up for
   * it, writes for the first time. It comes with the origin `room`.
   */
  expect(room: unknown, client: number, label: string): Expected;
  /** What was typed before is one step, what follows another. */
  pause(): void;
  subscribe(listener: () => void): () => void;
  /** Changes whenever one of the answers above may have. */
  revision(): number;
}

export interface Expected {
  /** Whether it has come and can be undone as a step. What came in one piece with others' edits cannot. */
  isStep(): boolean;
  /** It will not come. */
  forget(): void;
}

const kept = new WeakMap<Y.Doc, History>();

/** The history of a document; the same one for every caller. */
export function historyOf(doc: Y.Doc): History {
  const found = kept.get(doc);
  if (found) return found;
  const made = makeHistory(doc);
  kept.set(doc, made);
  return made;
}

function makeHistory(doc: Y.Doc): History {
  const { nodes, edges, meta } = roots(doc);
  const manager = new Y.UndoManager([nodes, edges, meta], {
    trackedOrigins: new Set([LocalEdit]),
    captureTransaction: (transaction) => {
      named = undefined;
      if (!transaction.local) return isAnnounced(transaction);
      // Reading what others wrote is a transaction, too; it must not end what this person is typing.
      if (transaction.changed.size === 0) return false;
      manager.captureTimeout = mergesWithLast(transaction.origin) ? Infinity : 0;
      return true;
    },
  });
  /** The field that was typed in last: its name, or the binding of its text editor. */
  let typing: unknown;
  let typedAt = 0;
  const mergesWithLast = (origin: unknown) => {
    // What is not one of our edits comes from a text editor that was tracked: keystrokes in that one.
    const field = origin instanceof LocalEdit ? origin.typing : origin;
    const now = Date.now();
    const goesOn = field !== undefined && field === typing && now - typedAt < TYPING_MS;
    [typing, typedAt] = [field, now];
    return goesOn;
  };
  /** What the service does in this person's name, by client id. */
  const announced = new Map<number, { label: string; isStep: boolean }>();
  /** The name of the step that is being taken. */
  let named: string | undefined;
  const isAnnounced = (transaction: Y.Transaction) => {
    const clients = writersOf(transaction);
    const [found] = clients.flatMap((client) => announced.get(client) ?? []);
    if (!found) return false;
    clients.forEach((client) => announced.delete(client));
    found.isStep = clients.length === 1;
    [named, typing, manager.captureTimeout] = [found.label, undefined, 0];
    return found.isStep;
  };
  let count = 0;
  const listeners = new Set<() => void>();
  const changed = () => {
    count++;
    listeners.forEach((listener) => listener());
  };
  manager.on("stack-item-added", ({ stackItem, origin, type }) => {
    const label = origin instanceof LocalEdit ? origin.label : named;
    if (type === "undo" && label !== undefined) stackItem.meta.set("label", label);
    changed();
  });
  manager.on("stack-item-popped", changed);
  manager.on("stack-cleared", changed);
  const take = (stack: "undoStack" | "redoStack", act: () => Y.UndoManager["undoStack"][number] | null) => {
    const label = manager[stack].at(-1)?.meta.get("label") as string | undefined;
    typing = undefined;
    const item = act();
    if (!item) return null;
    // The step keeps its name on its way between the two stacks.
    const other = stack === "undoStack" ? manager.redoStack : manager.undoStack;
    if (label) other.at(-1)?.meta.set("label", label);
    return label ?? "edit";
  };
  return {
    undo: () => take("undoStack", () => manager.undo()),
    redo: () => take("redoStack", () => manager.redo()),
    canUndo: () => manager.undoStack.length > 0,
    canRedo: () => manager.redoStack.length > 0,
    track: (origin) => manager.addTrackedOrigin(origin),
    expect: (room, client, label) => {
      manager.addTrackedOrigin(room);
      const step = { label, isStep: false };
      announced.set(client, step);
      return { isStep: () => step.isStep, forget: () => void announced.delete(client) };
    },
    pause: () => manager.stopCapturing(),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    revision: () => count,
  };
}

/** Whose client ids wrote something in it. */
const writersOf = ({ beforeState, afterState }: Y.Transaction): number[] =>
  [...afterState].flatMap(([client, clock]) => (clock > (beforeState.get(client) ?? 0) ? client : []));
