/**
 * What a document holds at this moment, as plain values whose identity tells what changed: a node that nobody touched
 * is the very same object after an edit, so that React draws only what differs.
 */
import * as Y from "yjs";
import type { Problem, Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { LocalEdit } from "./edit";
import { assemble, projectEdge, projectNode, type Entry } from "./project";
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
  /** What the document holds and the workflow cannot show. */
  problems: readonly Problem[];
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
      const [nodes, edges] = [this.nodes.list(), this.edges.list()];
      const { workflow, problems } = assemble(this.doc, nodes.all, edges.all);
      this.shown = { workflow, nodes: nodes.shown, edges: edges.shown, problems };
    }
    return this.shown;
  };

  node = (key: string): WorkflowNode | undefined => this.nodes.one(key)?.value ?? undefined;

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

interface Listed<T> {
  all: Read<T>[];
  /** Those that can be shown. */
  shown: Keyed<T>[];
}

interface Read<T> extends Entry<T> {
  key: string;
}

class Cache<T> {
  private readonly byKey = new Map<string, Read<T>>();
  private order: string[] | null = null;
  private listed: Listed<T> | null = null;

  constructor(
    private readonly map: Y.Map<Fields>,
    private readonly projectOne: (key: string, entry: unknown) => Entry<T>,
  ) {
    map.observeDeep((events) => {
      this.listed = null;
      for (const event of events) {
        const [key, ...deeper] = event.path;
        if (typeof key === "string") this.byKey.delete(key);
        else for (const changed of event.changes.keys.keys()) this.byKey.delete(changed);
        if (key === undefined || (deeper.length === 0 && event.changes.keys.has(ORDER))) this.order = null;
      }
    });
  }

  one(key: string): Read<T> | undefined {
    const found = this.byKey.get(key);
    if (found) return found;
    if (!this.map.has(key)) return undefined;
    const made = { key, ...this.projectOne(key, this.map.get(key)) };
    this.byKey.set(key, made);
    return made;
  }

  list(): Listed<T> {
    this.order ??= inOrder(this.map as Fields);
    this.listed ??= listed(this.order.flatMap((key) => this.one(key) ?? []));
    return this.listed;
  }
}

const listed = <T>(all: Read<T>[]): Listed<T> => ({ all, shown: all.filter(isShown) });

const isShown = <T>(entry: Read<T>): entry is Read<T> & Keyed<T> => entry.value !== null;

const views = new WeakMap<Y.Doc, View>();

/** The view of a document; the same one for every caller. */
export function viewOf(doc: Y.Doc): View {
  let view = views.get(doc);
  if (!view) views.set(doc, (view = new View(doc)));
  return view;
}
