/**
 * What a patch does to a workflow, as a person sees it: which nodes and edges come, change and go, and every value
 * before and after. Computed from the two workflows, so nothing that changes can be left out.
 */
import type { Json, NodeId, Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { edgeEnds } from "../document/ends";
import { same } from "../document/json";
import { edgeKey } from "../document/load";

export type Mark = "added" | "changed" | "removed";

/** One value. Undefined: there is none on that side. */
export interface ValueChange {
  /** `url`, `timeoutMs`, `config.maxParallel`. */
  name: string;
  before: Json | undefined;
  after: Json | undefined;
}

export interface NodeChange {
  id: NodeId;
  mark: Mark;
  /** As it is after the change; of a node that goes, as it was. */
  node: WorkflowNode;
  values: ValueChange[];
}

export interface EdgeChange {
  /** By which the canvas knows it. */
  key: string;
  mark: "added" | "removed";
  edge: WorkflowEdge;
}

export interface Changes {
  nodes: NodeChange[];
  edges: EdgeChange[];
  /** Of the workflow itself. */
  workflow: ValueChange[];
}

export function changesOf(before: Workflow, after: Workflow): Changes {
  return {
    nodes: nodeChanges(before.graph.nodes, after.graph.nodes),
    edges: edgeChanges(before.graph.edges, after.graph.edges),
    workflow: workflowChanges(before, after),
  };
}

function nodeChanges(before: readonly WorkflowNode[], after: readonly WorkflowNode[]): NodeChange[] {
  const old = new Map(before.map((node) => [node.id, node]));
  const fresh = new Set(after.map(({ id }) => id));
  const found = after.flatMap((node): NodeChange[] => {
    const was = old.get(node.id);
    if (!was) return [{ id: node.id, mark: "added", node, values: valueChanges({}, contentOf(node)) }];
    const values = valueChanges(valuesOf(was), valuesOf(node));
    return values.length > 0 ? [{ id: node.id, mark: "changed", node, values }] : [];
  });
  const gone = before.filter(({ id }) => !fresh.has(id));
  return [
    ...found,
    ...gone.map((node): NodeChange => ({
      id: node.id,
      mark: "removed",
      node,
      values: valueChanges(contentOf(node), {}),
    })),
  ];
}

/** Every field of a node in one level. */
function valuesOf({ id: _, params, ...fields }: WorkflowNode): Record<string, Json> {
  return { ...(fields as Record<string, Json>), ...named("params", params ?? {}) };
}

/** Without the place on the canvas, which a node that comes or goes shows itself. */
function contentOf({ position: _, ...node }: WorkflowNode) {
  return valuesOf(node as WorkflowNode);
}

const named = (prefix: string, record: object) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [`${prefix}.${name}`, value as Json]));

function valueChanges(before: Record<string, Json>, after: Record<string, Json>): ValueChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
    same(before[name], after[name]) ? [] : [{ name, before: before[name], after: after[name] }],
  );
}

function edgeChanges(before: readonly WorkflowEdge[], after: readonly WorkflowEdge[]): EdgeChange[] {
  const ends = (edges: readonly WorkflowEdge[]) => new Set(edges.map(edgeEnds));
  const [old, fresh] = [ends(before), ends(after)];
  return [
    ...after.filter((edge) => !old.has(edgeEnds(edge))).map((edge) => change(edge, "added")),
    ...before.filter((edge) => !fresh.has(edgeEnds(edge))).map((edge) => change(edge, "removed")),
  ];
}

const change = (edge: WorkflowEdge, mark: EdgeChange["mark"]): EdgeChange => ({ key: edgeKey(edge), mark, edge });

function workflowChanges(before: Workflow, after: Workflow): ValueChange[] {
  return valueChanges(flat(before), flat(after));
}

/** All but nodes; of edges only what is more than their ends, for these are drawn. */
function flat({ graph, config, ...fields }: Workflow): Record<string, Json> {
  const { nodes: _, edges, ...rest } = graph;
  const more = edges.flatMap((edge) => {
    const { source: _, sourcePort: __, target: ___, targetPort: ____, ...own } = edge;
    return Object.keys(own).length > 0 ? [[`edge ${edgeEnds(edge)}`, own as Json] as const] : [];
  });
  const all = { ...named("config", config ?? {}), ...named("graph", rest), ...Object.fromEntries(more) };
  return { ...(fields as Record<string, Json>), ...all };
}
