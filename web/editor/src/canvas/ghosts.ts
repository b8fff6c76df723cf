/**
 * A change that is looked at and not made: what it adds stands on the canvas as ghosts, what it changes and takes away is
 * marked. Never part of the document; the AI's review fills it.
 */
import { useMemo } from "react";
import { create } from "zustand";
import type { NodeId, Position, WorkflowEdge, WorkflowNode } from "../api/types";
import { edgeEnds } from "../document/ends";
import type { Keyed, Shown } from "../document/view";

export type GhostMark = "added" | "changed" | "removed";

export interface Ghost {
  mark: GhostMark;
  /** Of a changed node: what was and what will be, in a line each. */
  lines: { name: string; before: string | null; after: string | null }[];
}

export interface Ghosts {
  added: readonly Keyed<WorkflowNode>[];
  wires: readonly Keyed<WorkflowEdge>[];
  byNode: ReadonlyMap<NodeId, Ghost>;
  /** By the ends of the edge. */
  byEnds: ReadonlyMap<string, "added" | "removed">;
  /** The nodes of the part that is looked at. */
  focus: ReadonlySet<NodeId>;
}

const NONE: Ghosts = { added: [], wires: [], byNode: new Map(), byEnds: new Map(), focus: new Set() };

export const useGhosts = create<Ghosts>(() => NONE);
export const showGhosts = (ghosts: Ghosts) => useGhosts.setState(ghosts, true);
export const clearGhosts = () => useGhosts.setState(NONE, true);

/** Begins the key of an edge that is not in the document. */
const WIRE = "ghost:";
export const ghostKey = (edge: WorkflowEdge) => WIRE + edgeEnds(edge);
export const isGhostNode = (id: NodeId) => useGhosts.getState().byNode.get(id)?.mark === "added";

/** What is drawn: the document with the ghosts. */
export function useGhosted(shown: Shown): Shown {
  const added = useGhosts((ghosts) => ghosts.added);
  const wires = useGhosts((ghosts) => ghosts.wires);
  return useMemo(() => {
    if (added.length + wires.length === 0) return shown;
    const known = new Set(shown.nodes.map(({ key }) => key));
    const ends = new Set(shown.edges.map(({ value }) => edgeEnds(value)));
    return {
      ...shown,
      // In the moment in which the change is made, document and ghosts both have it.
      nodes: [...shown.nodes, ...added.filter(({ key }) => !known.has(key))],
      edges: [...shown.edges, ...wires.filter(({ value }) => !ends.has(edgeEnds(value)))],
    };
  }, [shown, added, wires]);
}

export const useGhost = (id: NodeId): Ghost | undefined => useGhosts((ghosts) => ghosts.byNode.get(id));
export const useIsLookedAt = (id: NodeId): boolean => useGhosts((ghosts) => ghosts.focus.has(id));
export const useWireGhost = (edge: WorkflowEdge | undefined): "added" | "removed" | undefined =>
  useGhosts((ghosts) => (edge && ghosts.byEnds.size > 0 ? ghosts.byEnds.get(edgeEnds(edge)) : undefined));

/**
 * Where accepted ghosts stood. The service saves no place for a node when the change names none, and neither does the
 * document: that would be another version. Until somebody moves a node, it stays where it was seen.
 */
export const useKeptPlaces = create<{ places: ReadonlyMap<NodeId, Position> }>(() => ({ places: new Map() }));
export const keepPlaces = (kept: Iterable<readonly [NodeId, Position]>) =>
  useKeptPlaces.setState(({ places }) => ({ places: new Map([...places, ...kept]) }));
export const forgetPlaces = () => useKeptPlaces.setState({ places: new Map() });
