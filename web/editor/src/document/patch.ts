/**
 * A patch as the service writes it: typed edits of a workflow, applied in order, whole or not at all. This is the
 * arithmetic of `engine/core/src/edit.rs` on plain JSON, so that what a person sees before and after accepting a
 * proposal is what the service saves. No Y document here, no React.
 */
import type { Json, NodeId, Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { edgeEnds, sameEnds } from "./ends";
import { changeAt, PatchError } from "./pointer";

export { PatchError } from "./pointer";

export type Edit =
  | { edit: "addNode"; node: WorkflowNode; at?: number }
  | { edit: "removeNode"; node: NodeId }
  | { edit: "moveNode"; node: NodeId; at: number }
  | { edit: "setParam"; node: NodeId; pointer: string; value: Json }
  | { edit: "removeParam"; node: NodeId; pointer: string }
  | { edit: "setField"; node: NodeId; field: string; value?: Json }
  | { edit: "connect"; edge: WorkflowEdge; at?: number }
  | { edit: "disconnect"; edge: WorkflowEdge }
  | { edit: "setConfig"; field: string; value?: Json }
  | { edit: "setVar"; name: string; value: Json }
  | { edit: "removeVar"; name: string }
  | { edit: "setDocument"; field: string; value?: Json }
  | { edit: "setGraph"; graph: Workflow["graph"] };

export type Patch = readonly Edit[];

/** The changed workflow; the given one stays as it is. Throws a `PatchError` that names the edit which fits nothing. */
export function patched(workflow: Workflow, patch: Patch): Workflow {
  const changing = structuredClone(workflow);
  patch.forEach((edit, at) => {
    try {
      change(changing, structuredClone(edit));
    } catch (error) {
      if (error instanceof PatchError) throw new PatchError(`edit ${at + 1} of ${patch.length}: ${error.message}`);
      throw error;
    }
  });
  return changing;
}

function change(workflow: Workflow, edit: Edit) {
  const { graph } = workflow;
  switch (edit.edit) {
    case "addNode":
      return addNode(graph.nodes, edit.node, edit.at);
    case "removeNode":
      return removeNode(graph, edit.node);
    case "moveNode":
      return moveNode(graph.nodes, edit.node, edit.at);
    case "setParam":
      return setParam(nodeOf(graph.nodes, edit.node), edit.pointer, edit.value);
    case "removeParam":
      return setParam(nodeOf(graph.nodes, edit.node), edit.pointer, undefined);
    case "setField":
      return setNodeField(nodeOf(graph.nodes, edit.node), edit.field, edit.value);
    case "connect":
      return connect(graph.edges, edit.edge, edit.at);
    case "disconnect":
      return disconnect(graph.edges, edit.edge);
    case "setDocument":
      return setDocument(workflow, edit.field, edit.value);
    case "setGraph":
      workflow.graph = { ...edit.graph, edges: edit.graph.edges ?? [] };
      return;
    default:
      return setConfig(workflow, edit);
  }
}

function addNode(nodes: WorkflowNode[], node: WorkflowNode, at: number | undefined) {
  if (nodes.some(({ id }) => id === node.id)) throw new PatchError(`there is a node \`${node.id}\` already`);
  insert(nodes, node, at);
}

function removeNode(graph: Workflow["graph"], id: NodeId) {
  graph.nodes.splice(positionOf(graph.nodes, id), 1);
  graph.edges = graph.edges.filter(({ source, target }) => source !== id && target !== id);
}

function moveNode(nodes: WorkflowNode[], id: NodeId, to: number) {
  const [node] = nodes.splice(positionOf(nodes, id), 1);
  insert(nodes, node as WorkflowNode, to);
}

function setParam(node: WorkflowNode, pointer: string, value: Json | undefined) {
  const params = changeAt(node.params ?? {}, pointer, value, node.id);
  if (Object.keys(params).length > 0) node.params = params;
  else delete node.params;
}

/** Fields whose absence says the same as this value; the service writes them only when they say something else. */
const ABSENT: Record<string, Json> = { disabled: false };
/** Fields of a node that this version knows: null is no value of theirs. */
const KNOWN = new Set(["name", "parent", "disabled", "retry", "timeoutMs", "onError", "memo", "pinned"]);

function setNodeField(node: WorkflowNode, field: string, value: Json | undefined) {
  if (field === "id" || field === "params") throw new PatchError(`the field \`${field}\` is not changed so`);
  const isAbsent = value === undefined || (KNOWN.has(field) && (value === null || value === ABSENT[field]));
  if (isAbsent) Reflect.deleteProperty(node, field);
  else node[field] = value;
}

function connect(edges: WorkflowEdge[], edge: WorkflowEdge, at: number | undefined) {
  if (edges.some((other) => sameEnds(edge, other))) throw new PatchError(`the edge ${edgeEnds(edge)} is there already`);
  insert(edges, edge, at);
}

function disconnect(edges: WorkflowEdge[], edge: WorkflowEdge) {
  const at = edges.findIndex((other) => sameEnds(edge, other));
  if (at < 0) throw new PatchError(`there is no edge ${edgeEnds(edge)}`);
  edges.splice(at, 1);
}

type ConfigEdit = Extract<Edit, { edit: "setConfig" | "setVar" | "removeVar" }>;

function setConfig(workflow: Workflow, edit: ConfigEdit) {
  const config = { ...workflow.config };
  if (edit.edit === "setConfig") put(config, edit.field, edit.value);
  else {
    const vars = { ...(config["vars"] as Record<string, Json> | undefined) };
    if (edit.edit === "removeVar" && !(edit.name in vars))
      throw new PatchError(`there is no variable \`${edit.name}\``);
    put(vars, edit.name, edit.edit === "setVar" ? edit.value : undefined);
    put(config, "vars", Object.keys(vars).length > 0 ? vars : undefined);
  }
  if (Object.keys(config).length > 0) workflow.config = config;
  else delete workflow.config;
}

const GRAPH = "graph/";

function setDocument(workflow: Workflow, field: string, value: Json | undefined) {
  if (field.startsWith(GRAPH)) put(workflow.graph, field.slice(GRAPH.length), value);
  else if (field === "version") workflow.version = (value as number | undefined) ?? 1;
  else put(workflow, field, field === "name" && value === "" ? undefined : value);
}

function put(holder: Record<string, unknown>, field: string, value: Json | undefined) {
  if (value === undefined) Reflect.deleteProperty(holder, field);
  else holder[field] = value;
}

function positionOf(nodes: readonly WorkflowNode[], id: NodeId): number {
  const at = nodes.findIndex((node) => node.id === id);
  if (at < 0) throw new PatchError(`there is no node \`${id}\``);
  return at;
}

const nodeOf = (nodes: readonly WorkflowNode[], id: NodeId) => nodes[positionOf(nodes, id)] as WorkflowNode;

function insert<T>(list: T[], entry: T, at = list.length) {
  if (at > list.length) throw new PatchError(`position ${at} is past the end; expected at most ${list.length}`);
  list.splice(at, 0, entry);
}
