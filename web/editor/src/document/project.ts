/** A Y.Doc as the workflow that it holds, in one canonical order of fields: equal documents give equal bytes. */
import * as Y from "yjs";
import type { Group, Json, Note, Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { fromShared } from "./nested";
import { EMPTY, inOrder, META_FIELDS, roots, unescaped, type Fields } from "./shape";

const NODE_FIELDS = ["id", "type", "name", "params", "parent", "disabled", "retry", "timeoutMs", "onError", "memo"];
const EDGE_FIELDS = ["id", "source", "sourcePort", "target", "targetPort"];

export function project(doc: Y.Doc): Workflow {
  const { nodes, edges } = roots(doc);
  return assemble(
    doc,
    entryKeys(nodes as Fields).map((key) => projectNode(nodes.get(key) as Fields)),
    entryKeys(edges as Fields).map((key) => projectEdge(edges.get(key) as Fields)),
  );
}

/** The workflow around nodes and edges that have been projected already. */
export function assemble(doc: Y.Doc, nodes: WorkflowNode[], edges: WorkflowEdge[]): Workflow {
  const { meta } = roots(doc);
  const own = pick(meta, META_FIELDS);
  const config = recordOf(meta.get("config"));
  const notes = listOf(meta.get("notes"), projectNote);
  const groups = listOf(meta.get("groups"), projectGroup);
  return {
    ...own,
    ...(config && { config }),
    graph: {
      nodes,
      edges,
      ...(recordOf(meta.get("graphExtra")) ?? {}),
      ...(notes && { notes }),
      ...(groups && { groups }),
    },
    ...(recordOf(meta.get("extra")) ?? {}),
  } as unknown as Workflow;
}

export function projectNode(node: Fields): WorkflowNode {
  const fields: Record<string, unknown> = {};
  for (const name of fieldNames(node, NODE_FIELDS)) {
    const value = node.get(name);
    const read = fromShared(value);
    const own = unescaped(name) ?? name;
    if (read === undefined) continue;
    if (name !== "params") fields[own] = read;
    else if (!isEmpty(value) || node.get(EMPTY) === true) fields["params"] = read;
  }
  return fields as unknown as WorkflowNode;
}

const isEmpty = (value: unknown) => value instanceof Y.Map && value.size === 0;

export function projectEdge(edge: Fields): WorkflowEdge {
  return pick(edge, fieldNames(edge, EDGE_FIELDS)) as unknown as WorkflowEdge;
}

export function projectNote(note: Fields): Note {
  return pick(note, fieldNames(note, ["id", "text"])) as unknown as Note;
}

export function projectGroup(group: Fields): Group {
  const fields = pick(group, fieldNames(group, ["id", "title"]));
  const members = group.get("nodes");
  return { ...fields, nodes: members instanceof Y.Map ? inOrder(members as Fields) : [] } as unknown as Group;
}

/** The names that a map holds: the known ones in their order, then the others by name, without ours. */
function fieldNames(map: Fields, known: readonly string[]): string[] {
  const others = [...map.keys()].filter((name) => unescaped(name) !== null && !known.includes(name));
  return [...known.filter((name) => map.has(name)), ...others.sort()];
}

function pick(map: Fields, names: readonly string[]): Record<string, Json> {
  const fields: Record<string, Json> = {};
  for (const name of names) {
    const held = map.get(name);
    const value = held === undefined ? undefined : fromShared(held);
    if (value !== undefined) fields[unescaped(name) ?? name] = value;
  }
  return fields;
}

function recordOf(map: unknown): Record<string, Json> | undefined {
  if (!(map instanceof Y.Map)) return undefined;
  const names = fieldNames(map as Fields, []);
  return names.length > 0 || map.get(EMPTY) === true ? pick(map as Fields, names) : undefined;
}

function listOf<T>(map: unknown, projectOne: (entry: Fields) => T): T[] | undefined {
  if (!(map instanceof Y.Map)) return undefined;
  const keys = entryKeys(map as Fields);
  return keys.length > 0 ? keys.map((key) => projectOne(map.get(key) as Fields)) : undefined;
}

/** The keys of what is an entry, in order; anything else that a client put there is not shown. */
function entryKeys(map: Fields): string[] {
  return inOrder(map).filter((key) => map.get(key) instanceof Y.Map);
}
