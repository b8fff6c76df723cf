/** A Y.Doc as the workflow that it holds, in one canonical order of fields: equal documents give equal bytes. */
import * as Y from "yjs";
import { putExact } from "../lib/exact";
import type { Group, Json, Note, Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { same } from "./json";
import { EMPTY, inOrder, META_FIELDS, ORDER, PINNED, plain, roots, type Fields } from "./shape";

const NODE_FIELDS = ["id", "type", "name", "params", "parent", "disabled", "retry", "timeoutMs", "onError", "memo"];
const OURS: readonly string[] = [ORDER, EMPTY, PINNED];
const EDGE_FIELDS = ["id", "source", "sourcePort", "target", "targetPort"];

export function project(doc: Y.Doc): Workflow {
  const { nodes, edges } = roots(doc);
  return assemble(
    doc,
    inOrder(nodes as Fields).map((key) => projectNode(nodes.get(key) as Fields)),
    inOrder(edges as Fields).map((key) => projectEdge(edges.get(key) as Fields)),
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
    if (name !== "params") fields[name] = plain(value);
    else if (value instanceof Y.Map) putParams(fields, value as Fields, node.get(EMPTY) === true);
  }
  const pinned = node.get(PINNED);
  if (typeof pinned === "string" && same(JSON.parse(pinned), fields["pinned"])) putExact(fields, "pinned", pinned);
  return fields as unknown as WorkflowNode;
}

function putParams(fields: Record<string, unknown>, params: Fields, evenIfEmpty: boolean) {
  if (params.size === 0 && !evenIfEmpty) return;
  fields["params"] = pick(params, [...params.keys()].sort());
}

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
  const others = [...map.keys()].filter((name) => !OURS.includes(name) && !known.includes(name));
  return [...known.filter((name) => map.has(name)), ...others.sort()];
}

function pick(map: Fields, names: readonly string[]): Record<string, Json> {
  const fields: Record<string, Json> = {};
  for (const name of names) if (map.has(name)) fields[name] = plain(map.get(name));
  return fields;
}

function recordOf(map: unknown): Record<string, Json> | undefined {
  if (!(map instanceof Y.Map)) return undefined;
  const names = fieldNames(map as Fields, []);
  return names.length > 0 || map.get(EMPTY) === true ? pick(map as Fields, names) : undefined;
}

function listOf<T>(map: unknown, projectOne: (entry: Fields) => T): T[] | undefined {
  if (!(map instanceof Y.Map)) return undefined;
  if (map.size === 0) return undefined;
  return inOrder(map as Fields).map((key) => projectOne(map.get(key) as Fields));
}
