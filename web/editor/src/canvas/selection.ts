/** What is selected on the canvas, by the ids that React Flow uses. Never part of the document. */
import { create } from "zustand";
import { groupKeyOf, isStepId, noteKeyOf } from "./flowTypes";

interface Selection {
  nodes: ReadonlySet<string>;
  edges: ReadonlySet<string>;
}

const NONE: Selection = { nodes: new Set(), edges: new Set() };

export const useSelection = create<Selection>(() => NONE);

export function select(nodes: Iterable<string>, edges: Iterable<string> = []) {
  useSelection.setState({ nodes: new Set(nodes), edges: new Set(edges) });
}

export const selectNothing = () => useSelection.setState(NONE);

/** The selected workflow nodes, without notes and groups. */
export const selectedSteps = () => [...useSelection.getState().nodes].filter(isStepId);

export const selectedNotes = () => [...useSelection.getState().nodes].flatMap((id) => noteKeyOf(id) ?? []);
export const selectedGroups = () => [...useSelection.getState().nodes].flatMap((id) => groupKeyOf(id) ?? []);

/** The one connection that is selected, when nothing else is. */
export function soleEdge({ nodes, edges }: Selection): string | null {
  const [id = null] = edges;
  return nodes.size === 0 && edges.size === 1 ? id : null;
}

/** The one node that the inspector shows, when exactly one is selected. */
export function soleStep({ nodes }: Selection): string | null {
  if (nodes.size !== 1) return null;
  const [id] = nodes;
  return id !== undefined && isStepId(id) ? id : null;
}
