/**
 * What a document holds at this moment, as plain values whose identity tells what changed: a node that nobody touched
 * is the very same object after an edit, so that React draws only what differs.
 */
import * as Y from "yjs";
import type { Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { assemble, projectEdge, projectNode } from "./project";
import { inOrder, roots, type Fields } from "./shape";

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

export class View {
  private readonly nodes: Cache<WorkflowNode>;
  private readonly edges: Cache<WorkflowEdge>;
  private readonly listeners = new Set<() => void>();
  private shown: Shown | null = null;

  constructor(private readonly doc: Y.Doc) {
    const { nodes, edges } = roots(doc);
    this.nodes = new Cache(nodes, projectNode);
    this.edges = new Cache(edges, projectEdge);
    doc.on("afterTransaction", (transaction: Y.Transaction) => {
      if (transaction.changed.size === 0) return;
      this.shown = null;
      this.listeners.forEach((listener) => listener());
    });
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

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };
}

class Cache<T> {
  private readonly byKey = new Map<string, Keyed<T>>();
  private ordered: Keyed<T>[] | null = null;

  constructor(
    private readonly map: Y.Map<Fields>,
    private readonly projectOne: (entry: Fields) => T,
  ) {
    map.observeDeep((events) => {
      this.ordered = null;
      for (const event of events) {
        const [key] = event.path;
        if (typeof key === "string") this.byKey.delete(key);
        else for (const changed of event.changes.keys.keys()) this.byKey.delete(changed);
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
    this.ordered ??= inOrder(this.map as Fields).flatMap((key) => this.one(key) ?? []);
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
