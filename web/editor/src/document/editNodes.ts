/** Edits of nodes. */
import * as Y from "yjs";
import { writeJson } from "../lib/exact";
import type { Json, NodeId, Position, WorkflowNode } from "../api/types";
import { hold } from "./definitions";
import { edit } from "./edit";
import { same } from "./json";
import { isShared, NO_SPECS, yNode, type Specs } from "./load";
import { fromShared, plainOf, put, toPlain } from "./nested";
import { entryAt, fieldOf, freeKey, lastOrder, paramsOf, roots, within, type Fields, type Roots } from "./shape";
import { addWire, setPort } from "./wire";

/** What a new node is joined to, in the same step. */
export interface Joined {
  from?: { node: NodeId; port: string; to: string };
  to?: { node: NodeId; port: string; from: string };
  /** The edge that the node is put into; it enters by `to` and leaves by `from`. */
  into?: { edge: string; from: string; to: string };
}

type NewNode = Omit<WorkflowNode, "id">;

/** Adds a node and gives its id, made from its type: `request`, `request2`. */
export function addNode(doc: Y.Doc, node: NewNode, specs: Specs = NO_SPECS, joined: Joined = {}): NodeId {
  return edit(doc, `Add ${node["name"] ?? node["type"]}`, () => {
    const { nodes, edges } = roots(doc);
    const id = freeKey(nodes, idFor(String(node["type"])));
    nodes.set(id, yNode({ ...node, id } as WorkflowNode, lastOrder(nodes as Fields), specs));
    hold(doc, String(node["type"]), specs.get(String(node["type"]))?.definition ?? undefined);
    const { from, to, into } = joined;
    if (from) addWire(edges, { source: from.node, sourcePort: from.port, target: id, targetPort: from.to });
    if (to) addWire(edges, { source: id, sourcePort: to.from, target: to.node, targetPort: to.port });
    if (into) putInto(edges, id, into);
    return id;
  });
}

export const idFor = (type: string) => (type.split(".").at(-1) ?? type).replace(/[^A-Za-z0-9_]/g, "_") || "node";

function putInto(edges: Roots["edges"], id: NodeId, into: { edge: string; from: string; to: string }) {
  const edge = entryAt(edges, into.edge);
  if (!edge) return;
  const target = edge.get("target") as NodeId;
  const targetPort = (edge.get("targetPort") as string | undefined) ?? "in";
  edge.set("target", id);
  setPort(edge, "targetPort", into.to, "in");
  addWire(edges, { source: id, sourcePort: into.from, target, targetPort });
}

/** These nodes and all that lies in them. */
export function withBodies(nodes: Roots["nodes"], ids: Iterable<NodeId>): Set<NodeId> {
  const all = new Set(ids);
  for (let size = -1; size !== all.size;) {
    size = all.size;
    for (const [key, node] of nodes) if (all.has(fieldOf(node, "parent") as NodeId)) all.add(key);
  }
  return all;
}

interface Removal {
  nodes?: Iterable<NodeId>;
  edges?: Iterable<string>;
  notes?: Iterable<string>;
}

/** Removes nodes with what lies in them and every edge at them, edges, and notes, in one step. */
export function remove(doc: Y.Doc, { nodes: ids = [], edges: keys = [], notes: noteKeys = [] }: Removal) {
  const { nodes, edges, meta } = roots(doc);
  const gone = withBodies(nodes, ids);
  edit(doc, "Delete", () => {
    for (const key of keys) edges.delete(key);
    for (const [key, edge] of edges) {
      if (["source", "target"].some((end) => gone.has(fieldOf(edge, end) as NodeId))) edges.delete(key);
    }
    for (const key of gone) nodes.delete(key);
    for (const key of noteKeys) within(meta, "notes").delete(key);
    forget(within(meta, "groups"), gone);
  });
}

/** Takes nodes out of their groups; a group without nodes goes. */
function forget(groups: Fields, gone: ReadonlySet<NodeId>) {
  for (const [key, group] of groups) {
    const members = group instanceof Y.Map ? group.get("nodes") : null;
    if (!(members instanceof Y.Map) || members.size === 0) continue;
    for (const id of [...members.keys()]) if (gone.has(id)) members.delete(id);
    if (members.size === 0) groups.delete(key);
  }
}

export const removeNodes = (doc: Y.Doc, ids: Iterable<NodeId>) => remove(doc, { nodes: ids });

/** Where nodes stand now; `parents` names those that went into a loop, or with null out of one. */
export function moveNodes(
  doc: Y.Doc,
  positions: Readonly<Record<NodeId, Position>>,
  parents: Readonly<Record<NodeId, NodeId | null>> = {},
) {
  const { nodes } = roots(doc);
  edit(doc, "Move", () => {
    for (const [id, position] of Object.entries(positions)) {
      setField(entryAt(nodes, id), "position", { x: Math.round(position.x), y: Math.round(position.y) });
    }
    for (const [id, parent] of Object.entries(parents)) setField(entryAt(nodes, id), "parent", parent);
    cutAtBorders(doc, new Set(Object.keys(parents)));
  });
}

/** No edge crosses a loop's border: those of a node that went in or out are gone unless the other end came along. */
function cutAtBorders(doc: Y.Doc, moved: ReadonlySet<NodeId>) {
  if (moved.size === 0) return;
  const { nodes, edges } = roots(doc);
  for (const [key, edge] of edges) {
    const [source, target] = [fieldOf(edge, "source") as NodeId, fieldOf(edge, "target") as NodeId];
    if (!moved.has(source) && !moved.has(target)) continue;
    if (fieldOf(nodes.get(source), "parent") !== fieldOf(nodes.get(target), "parent")) edges.delete(key);
  }
}

function setField(entry: Fields | undefined, field: string, value: unknown) {
  if (!entry) return;
  if (value === undefined || value === null) entry.delete(field);
  else if (!same(fromShared(entry.get(field)), value)) entry.set(field, toPlain(value));
}

/** Sets a parameter; undefined removes it. Text that is shared is changed only where it differs. */
export function setParam(
  doc: Y.Doc,
  id: NodeId,
  param: string,
  value: Json | undefined,
  options: { specs?: Specs; typing?: boolean } = {},
) {
  const { nodes } = roots(doc);
  if (!nodes.has(id)) return;
  const typing = options.typing ? `${id}.${param}` : undefined;
  edit(
    doc,
    `Change ${param}`,
    () => {
      const node = entryAt(nodes, id);
      if (!node) return;
      const params = paramsOf(node);
      const type = node.get("type") as string;
      const isNewText = !params.has(param) && isShared(options.specs ?? NO_SPECS, type, param, value);
      if (isNewText) params.set(param, new Y.Text(value as string));
      else put(params, param, value);
    },
    typing,
  );
}

/** The shared text of a code parameter, made from what is there when it is not shared yet. */
export function sharedText(doc: Y.Doc, id: NodeId, param: string): Y.Text | null {
  // Not an edit: what is there says the same as before.
  return doc.transact(() => {
    const node = entryAt(roots(doc).nodes, id);
    if (!node) return null;
    const params = paramsOf(node);
    const found = params.get(param);
    if (found instanceof Y.Text) return found;
    if (found !== undefined && typeof found !== "string") return null;
    const text = new Y.Text(found ?? "");
    params.set(param, text);
    return text;
  }, "loaded");
}

/** Sets a field of the node itself: `retry`, `timeoutMs`, `onError`, `memo`, `color` ...; undefined removes it. */
export function setNodeField(doc: Y.Doc, id: NodeId, field: string, value: unknown, typing = false) {
  const { nodes } = roots(doc);
  const set = () => setField(entryAt(nodes, id), field, value);
  if (nodes.has(id)) edit(doc, `Change ${field}`, set, typing ? `${id}/${field}` : undefined);
}

/** The label that people see; an empty one falls back to the node type's title. */
export function rename(doc: Y.Doc, id: NodeId, name: string) {
  setNodeField(doc, id, "name", name.trim() || undefined);
}

export function setDisabled(doc: Y.Doc, ids: Iterable<NodeId>, disabled: boolean) {
  const { nodes } = roots(doc);
  edit(doc, disabled ? "Disable" : "Enable", () => {
    for (const id of ids) setField(entryAt(nodes, id), "disabled", disabled || undefined);
  });
}

/**
 * Holds a node's output, so that runs use it instead of running the node; undefined lets go. `text` is the JSON that it was
 * read from.
 */
export function setPinned(doc: Y.Doc, id: NodeId, value: Json | undefined, text = writeJson(value ?? null)) {
  edit(doc, value === undefined ? "Unpin" : "Pin", () => {
    const node = entryAt(roots(doc).nodes, id);
    if (!node) return;
    // Null is a value that can be pinned.
    if (value === undefined) node.delete("pinned");
    else node.set("pinned", plainOf(text));
  });
}
