/**
 * What a document holds at this moment, as plain values whose identity tells what changed: a node that nobody touched
 * is the very same object after an edit, so that React draws only what differs.
 */
import * as Y from "yjs";
import type { Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { LocalEdit } from "./edit";
import { assemble, projectEdge, projectNode } from "./project";
import { inOrder, ORDER, roots, type Fields } from "./shape";

/** A node or edge under the key by which edits name it. */
export interface Keyed<T> {
  key: string;
  value: T;
}

export interface Shown {
  workflow: Workflow;
  nodes: Keyed<WorkflowNode>[];
  edges: Keyed<WorkflowEdge>[];
}

/** Told of keystrokes in shared texts once nobody has typed for so long. */
const TEXT_QUIET_MS = 120;
/** And at the latest so long after the first. */
const TEXT_LATE_MS = 500;

export class View {
  private readonly nodes: Cache<WorkflowNode>;
  private readonly edges: Cache<WorkflowEdge>;
  private readonly listeners = new Set<() => void>();
  private shown: Shown | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private untoldSince: number | null = null;

  constructor(private readonly doc: Y.Doc) {
    const { nodes, edges } = roots(doc);
    this.nodes = new Cache(nodes, projectNode);
    this.edges = new Cache(edges, projectEdge);
    doc.on("afterTransaction", (transaction: Y.Transaction) => {
      if (transaction.changed.size === 0) return;
      this.shown = null;
      if (isTyping(transaction)) this.tellSoon();
      else this.tell();
    });
    doc.on("destroy", () => clearTimeout(this.timer));
  }

  get = (): Shown => {
    if (!this.shown) {
      const nodes = this.nodes.list();
      const edges = this.edges.list();
      const workflow = assemble(
        this.doc,
        nodes.map((entry) => entry.value),
        edges.map((entry) => entry.value),
      );
      this.shown = { workflow, nodes, edges };
    }
    return this.shown;
  };

  node = (key: string): WorkflowNode | undefined => this.nodes.one(key)?.value;

  /** Of keystrokes in a shared text the listener is told a moment later; `get` and `node` know them at once. */
  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  private tell() {
    clearTimeout(this.timer);
    this.untoldSince = null;
    this.listeners.forEach((listener) => listener());
  }

  private tellSoon() {
    const now = Date.now();
    this.untoldSince ??= now;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), Math.min(TEXT_QUIET_MS, this.untoldSince + TEXT_LATE_MS - now));
  }
}

/**
 * Whether nothing changed but the letters of shared texts, by the hand of somebody else or in an editor that is bound to
 * its text. That editor has shown them already; drawing the whole screen for each letter would hold up the next one.
 */
function isTyping({ changed, origin }: Y.Transaction): boolean {
  return !(origin instanceof LocalEdit) && [...changed.keys()].every((type) => type instanceof Y.Text);
}

class Cache<T> {
  private readonly byKey = new Map<string, Keyed<T>>();
  private order: string[] | null = null;
  private ordered: Keyed<T>[] | null = null;

  constructor(
    private readonly map: Y.Map<Fields>,
    private readonly projectOne: (entry: Fields) => T,
  ) {
    map.observeDeep((events) => {
      this.ordered = null;
      for (const event of events) {
        const [key, ...deeper] = event.path;
        if (typeof key === "string") this.byKey.delete(key);
        else for (const changed of event.changes.keys.keys()) this.byKey.delete(changed);
        if (key === undefined || (deeper.length === 0 && event.changes.keys.has(ORDER))) this.order = null;
      }
    });
  }

  one(key: string): Keyed<T> | undefined {
    const found = this.byKey.get(key);
    if (found) return found;
    const entry = this.map.get(key);
    if (!(entry instanceof Y.Map)) return undefined;
    const made = { key, value: this.projectOne(entry) };
    this.byKey.set(key, made);
    return made;
  }

  list(): Keyed<T>[] {
    this.order ??= inOrder(this.map as Fields);
    this.ordered ??= this.order.flatMap((key) => this.one(key) ?? []);
    return this.ordered;
  }
}

const views = new WeakMap<Y.Doc, View>();

/** The view of a document; the same one for every caller. */
export function viewOf(doc: Y.Doc): View {
  let view = views.get(doc);
  if (!view) views.set(doc, (view = new View(doc)));
  return view;
}
