/** Static complaints about the workflow on the canvas, by node. The service finds them whenever it saves. */
import { create } from "zustand";
import type { NodeId, Problem } from "../api/types";
import { same } from "../document/json";

interface Problems {
  all: readonly Problem[];
  byNode: ReadonlyMap<NodeId, readonly Problem[]>;
}

export const useProblems = create<Problems>(() => ({ all: [], byNode: new Map() }));

const NONE: readonly Problem[] = [];

export const useProblemsOf = (id: NodeId) => useProblems((store) => store.byNode.get(id) ?? NONE);

export function showProblems(all: readonly Problem[]) {
  // Most changes leave the complaints as they were; nothing is drawn again then.
  if (same(all, useProblems.getState().all)) return;
  const byNode = new Map<NodeId, Problem[]>();
  for (const problem of all) {
    const node = problem.place.node;
    if (node) byNode.set(node, [...(byNode.get(node) ?? []), problem]);
  }
  useProblems.setState({ all, byNode });
}
