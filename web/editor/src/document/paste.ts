/** Nodes as text on the clipboard: the same JSON as a workflow file, so it can be pasted anywhere and mailed. */
import type * as Y from "yjs";
import type { Json, NodeId, Note, Position, WorkflowEdge, WorkflowNode } from "../api/types";
import { edit } from "./edit";
import { idFor, withBodies } from "./editNodes";
import { yNode, yNote, type Specs } from "./load";
import { projectEdge, projectNode, projectNote } from "./project";
import { freeKey, inOrder, lastOrder, roots, within, type Fields } from "./shape";
import { addWire } from "./wire";

export interface Clip {
  nodes: WorkflowNode[];
  edges: WorkflowEdge[];
  notes?: Note[];
}

export interface Pasted {
  nodes: NodeId[];
  notes: string[];
}

/** The selected nodes with what lies in them, the edges among them, and notes. */
export function copy(doc: Y.Doc, ids: Iterable<NodeId>, noteKeys: Iterable<string> = []): Clip {
  const { nodes, edges, meta } = roots(doc);
  const taken = withBodies(nodes, ids);
  const notes = within(meta, "notes");
  const chosen = new Set(noteKeys);
  return {
    nodes: inOrder(nodes as Fields)
      .filter((key) => taken.has(key))
      .flatMap((key) => projectNode(key, nodes.get(key)).value ?? []),
    edges: inOrder(edges as Fields)
      .flatMap((key) => projectEdge(key, edges.get(key)).value ?? [])
      .filter((edge) => taken.has(edge.source) && taken.has(edge.target)),
    ...(chosen.size > 0 && {
      notes: inOrder(notes)
        .filter((key) => chosen.has(key))
        .flatMap((key) => projectNote(key, notes.get(key)).value ?? []),
    }),
  };
}

export const clipText = (clip: Clip) => JSON.stringify(clip, null, 2);

/** Reads a clip from text: one of ours, a whole workflow, a list of nodes, or one node. Null when it is none. */
export function parseClip(text: string): Clip | null {
  let found: Json;
  try {
    found = JSON.parse(text) as Json;
  } catch {
    return null;
  }
  const graph = isRecord(found) && isRecord(found["graph"]) ? found["graph"] : found;
  const nodes = Array.isArray(graph)
    ? graph
    : isRecord(graph)
      ? (graph["nodes"] ?? (isNode(graph) ? [graph] : null))
      : null;
  if (!Array.isArray(nodes) || !nodes.every(isNode)) return null;
  const list = (name: string) => (isRecord(graph) && Array.isArray(graph[name]) ? graph[name].filter(isRecord) : []);
  const notes = list("notes").filter(isNote);
  if (nodes.length + notes.length === 0) return null;
  return {
    nodes: nodes as unknown as WorkflowNode[],
    edges: list("edges").filter(isEdge) as unknown as WorkflowEdge[],
    ...(notes.length > 0 && { notes: notes as unknown as Note[] }),
  };
}

const isRecord = (value: unknown): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isNode = (value: unknown) =>
  isRecord(value) && typeof value["id"] === "string" && typeof value["type"] === "string";
const isEdge = (value: unknown) =>
  isRecord(value) && typeof value["source"] === "string" && typeof value["target"] === "string";
const isNote = (value: unknown) =>
  isRecord(value) && typeof value["text"] === "string" && ["x", "y"].every((name) => typeof value[name] === "number");

interface PasteOptions {
  specs: Specs;
  /** How far from where they were. */
  by?: Position;
  /** The loop that the topmost nodes go into. */
  parent?: NodeId | null;
}

/** Adds copies under new ids, with their edges and what refers to them by id in expressions. */
export function paste(doc: Y.Doc, clip: Clip, { specs, by = { x: 0, y: 0 }, parent }: PasteOptions): Pasted {
  return edit(doc, "Paste", () => {
    const { nodes, edges, meta } = roots(doc);
    const ids = newIds(nodes, clip.nodes);
    for (const node of clip.nodes) {
      const made = renewed(node, ids, by, parent ?? null);
      nodes.set(made.id, yNode(made, lastOrder(nodes as Fields), specs));
    }
    for (const edge of clip.edges) {
      const source = ids.get(edge.source);
      const target = ids.get(edge.target);
      if (!source || !target) continue;
      addWire(edges, { source, sourcePort: edge.sourcePort ?? "out", target, targetPort: edge.targetPort ?? "in" });
    }
    return { nodes: [...ids.values()], notes: pasteNotes(within(meta, "notes"), clip.notes ?? [], by) };
  });
}

function newIds(taken: { has(key: string): boolean }, nodes: readonly WorkflowNode[]): Map<NodeId, NodeId> {
  const ids = new Map<NodeId, NodeId>();
  const made = new Set<NodeId>();
  const either = { has: (key: string) => taken.has(key) || made.has(key) };
  for (const node of nodes) {
    const id = taken.has(node.id)
      ? freeKey(either, node.id.replace(/\d+$/, "") || idFor(node.type))
      : freeKey(either, node.id);
    made.add(id);
    ids.set(node.id, id);
  }
  return ids;
}

function renewed(
  node: WorkflowNode,
  ids: ReadonlyMap<NodeId, NodeId>,
  by: Position,
  parent: NodeId | null,
): WorkflowNode {
  const { parent: old, ...rest } = node;
  const inside = old === undefined ? undefined : ids.get(old);
  const position = node.position;
  const above = inside ?? parent ?? undefined;
  return {
    ...rest,
    id: ids.get(node.id) ?? node.id,
    ...(node.params && {
      params: mapTexts(node.params, (text) => renameReferences(text, ids)) as Record<string, Json>,
    }),
    // What lies in a loop stands relative to it and moves with it.
    ...(position && { position: inside ? position : { x: position.x + by.x, y: position.y + by.y } }),
    ...(above && { parent: above }),
  };
}

/** `nodes["a"]` and `nodes.a` follow the node when its copy has another id. */
export function renameReferences(text: string, ids: ReadonlyMap<NodeId, NodeId>): string {
  return text
    .replace(/\bnodes\[\s*(["'`])([^"'`]+)\1\s*\]/g, (whole, quote: string, id: string) =>
      ids.has(id) ? `nodes[${quote}${ids.get(id)}${quote}]` : whole,
    )
    .replace(/\bnodes\.([A-Za-z_]\w*)/g, (whole, id: string) => (ids.has(id) ? `nodes.${ids.get(id)}` : whole));
}

function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapTexts(item, change)]));
}

function pasteNotes(notes: Fields, copies: readonly Note[], by: Position): string[] {
  return copies.map((note) => {
    const id = freeKey(notes, note.id);
    notes.set(id, yNote({ ...note, id, x: note.x + by.x, y: note.y + by.y }, lastOrder(notes)));
    return id;
  });
}
