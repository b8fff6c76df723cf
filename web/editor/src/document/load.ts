/** A workflow into a Y.Doc. With `project` it loses nothing: `project(load(workflow))` equals the workflow. */
import * as Y from "yjs";
import type { Group, Json, Note, NodeSpec, Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { toPlain, toShared } from "./nested";
import { EMPTY, META_FIELDS, ORDER, escaped, freeKey, roots, type Fields, type Roots } from "./shape";

/** The origin of changes that are not an edit of this person: loading and merging. They cannot be undone. */
export const LOADED = "loaded";

export type Specs = ReadonlyMap<string, NodeSpec>;
export const NO_SPECS: Specs = new Map();

export const specsByType = (specs: readonly NodeSpec[]): Specs => new Map(specs.map((spec) => [spec.type, spec]));

/** Whether this parameter is text that several people may write in at once. */
export function isShared(specs: Specs, type: string, param: string, value: unknown): value is string {
  return typeof value === "string" && (specs.get(type)?.code.includes(param) ?? false);
}

export function load(workflow: Workflow, specs: Specs = NO_SPECS, doc = new Y.Doc()): Y.Doc {
  doc.transact(() => fill(roots(doc), workflow, specs), LOADED);
  return doc;
}

function fill({ nodes, edges, meta }: Roots, workflow: Workflow, specs: Specs) {
  const { graph, config, ...fields } = workflow;
  const { nodes: nodeList, edges: edgeList, notes, groups, ...graphFields } = graph;
  const own: Record<string, unknown> = {};
  const extra: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    ((META_FIELDS as readonly string[]).includes(name) ? own : extra)[name] = value;
  }
  assign(meta, own);
  meta.set("config", yConfig(config));
  meta.set("extra", record(extra));
  // A list that is no list of entries stays a plain field; the empty list too, which has no entry to stand for it.
  const [noteList, groupList] = [entriesOf(notes, isNote), entriesOf(groups, isGroup)];
  const unlisted = { ...(!noteList && { notes }), ...(!groupList && { groups }) };
  meta.set("graphExtra", record({ ...graphFields, ...unlisted }));
  const noteMap: Fields = new Y.Map();
  const groupMap: Fields = new Y.Map();
  meta.set("notes", noteMap);
  meta.set("groups", groupMap);
  noteList?.forEach((note, order) => noteMap.set(freeKey(noteMap, note.id), yNote(note, order)));
  groupList?.forEach((group, order) => groupMap.set(freeKey(groupMap, group.id), yGroup(group, order)));
  nodeList.forEach((node, order) => nodes.set(freeKey(nodes, node.id), yNode(node, order, specs)));
  edgeList.forEach((edge, order) => edges.set(freeKey(edges, edgeKey(edge)), yEdge(edge, order)));
}

function entriesOf<T>(list: readonly T[] | undefined, isEntry: (entry: unknown) => boolean): readonly T[] | null {
  return Array.isArray(list) && list.length > 0 && list.every(isEntry) ? list : null;
}

const hasId = (entry: unknown): entry is { id: string; nodes?: unknown } =>
  typeof entry === "object" && entry !== null && typeof (entry as { id?: unknown }).id === "string";
export const isNote = hasId;
export const isGroup = (entry: unknown) =>
  hasId(entry) &&
  Array.isArray(entry.nodes) &&
  entry.nodes.every((id) => typeof id === "string") &&
  new Set(entry.nodes).size === entry.nodes.length;

/** How the workflow runs; its variables are records that several people may change. */
function yConfig(config: object | undefined): Fields {
  const { vars, ...fields } = (config ?? {}) as Record<string, Json>;
  const map = record(config && (vars === undefined ? fields : { ...fields, vars }));
  if (vars !== undefined) map.set("vars", toShared(vars));
  return map;
}

/** What an edge is called in the document: its id, or its ends. */
export function edgeKey(edge: WorkflowEdge): string {
  return edge.id ?? `${edge.source}.${edge.sourcePort ?? "out"}>${edge.target}.${edge.targetPort ?? "in"}`;
}

export function yNode(node: WorkflowNode, order: number, specs: Specs): Fields {
  const { params, ...fields } = node;
  const map = record(fields);
  map.set(ORDER, order);
  map.set("params", yParams(node.type, params ?? {}, specs));
  if (params && Object.keys(params).length === 0) map.set(EMPTY, true);
  return map;
}

function yParams(type: string, params: Record<string, Json>, specs: Specs): Fields {
  const map: Fields = new Y.Map();
  for (const [name, value] of Object.entries(params)) map.set(name, yParam(specs, type, name, value));
  return map;
}

function yParam(specs: Specs, type: string, name: string, value: Json): unknown {
  return isShared(specs, type, name, value) ? new Y.Text(value) : toShared(value);
}

export function yEdge(edge: WorkflowEdge, order: number): Fields {
  const map = record(edge);
  map.set(ORDER, order);
  return map;
}

export function yNote(note: Note, order: number): Fields {
  const { text, ...fields } = note;
  const map = record(fields);
  if (text !== undefined) map.set("text", typeof text === "string" ? new Y.Text(text) : toPlain(text));
  map.set(ORDER, order);
  return map;
}

export function yGroup(group: Group, order: number): Fields {
  const { nodes, ...fields } = group;
  const map = record(fields);
  const members: Fields = new Y.Map();
  (nodes ?? []).forEach((id, at) => members.set(id, at));
  map.set("nodes", members);
  map.set(ORDER, order);
  return map;
}

function record(fields: object | undefined): Fields {
  const map: Fields = new Y.Map();
  if (fields) {
    assign(map, fields);
    if (Object.keys(fields).length === 0) map.set(EMPTY, true);
  }
  return map;
}

function assign(map: Fields, fields: object) {
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) map.set(escaped(name), toPlain(value));
}
