/** How one version of a workflow differs from another, in short: for choosing between them, not for reading code. */
import type { NodeId, Workflow, WorkflowNode } from "../api/types";
import { edgeKey } from "../document/load";
import { same } from "../document/json";
import { counted } from "../lib/words";

interface VersionChanges {
  added: NodeId[];
  removed: NodeId[];
  /** Nodes that do something else; one that was only moved or coloured does not. */
  changed: NodeId[];
  /** How many edges are only in one of the two. */
  edges: number;
  /** Whether the settings of the workflow differ, such as how many nodes may run at once. */
  config: boolean;
}

const LOOKS: ReadonlySet<string> = new Set(["position", "size", "color", "name"]);

function doing(node: WorkflowNode): object {
  return Object.fromEntries(Object.entries(node).filter(([field]) => !LOOKS.has(field)));
}

export function versionChanges(from: Workflow, to: Workflow): VersionChanges {
  const [before, after] = [nodesOf(from), nodesOf(to)];
  const [wiresBefore, wiresAfter] = [wiresOf(from), wiresOf(to)];
  return {
    added: [...after.keys()].filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
    changed: [...after].flatMap(([id, node]) => {
      const known = before.get(id);
      return known && !same(doing(known), doing(node)) ? [id] : [];
    }),
    edges: onlyIn(wiresBefore, wiresAfter) + onlyIn(wiresAfter, wiresBefore),
    config: !same(from.config ?? {}, to.config ?? {}),
  };
}

const nodesOf = ({ graph }: Workflow) => new Map(graph.nodes.map((node) => [node.id, node]));
/** An edge is what it joins, whatever its id. */
const wiresOf = ({ graph }: Workflow) => new Set(graph.edges.map(({ id: _, ...ends }) => edgeKey(ends)));
const onlyIn = (some: Set<string>, others: Set<string>) => [...some].filter((wire) => !others.has(wire)).length;

const NAMED_MAX = 4;

/** The changes as lines, such as `2 nodes changed: List orders, Check`; none when both do the same. */
export function changeLines(changes: VersionChanges, nameOf: (node: NodeId) => string): string[] {
  const nodes = (ids: NodeId[], how: string) => {
    if (ids.length === 0) return [];
    const more = ids.length > NAMED_MAX ? ` and ${ids.length - NAMED_MAX} more` : "";
    return [`${counted(ids.length, "node")} ${how}: ${ids.slice(0, NAMED_MAX).map(nameOf).join(", ")}${more}`];
  };
  return [
    ...nodes(changes.changed, "changed"),
    ...nodes(changes.added, "added"),
    ...nodes(changes.removed, "removed"),
    ...(changes.edges > 0 ? [`${counted(changes.edges, "edge")} differ${changes.edges === 1 ? "s" : ""}`] : []),
    ...(changes.config ? ["other settings of the workflow"] : []),
  ];
}
