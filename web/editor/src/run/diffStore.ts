/** How the shown run differs from the one it is compared with, by node and by event, for canvas and timeline. */
import { create } from "zustand";
import type { NodeId, Seq } from "../api/types";
import type { RunDifference } from "./api";

export type Mark = "changed" | "onlyHere" | "onlyThere";

export interface Marks {
  byNode: Readonly<Record<NodeId, { mark: Mark; count: number }>>;
  /** The events that opened frames of the shown run that differ. */
  bySeq: ReadonlySet<Seq>;
}

interface DiffState {
  difference: RunDifference | null;
  marks: Marks | null;
}

const NONE: DiffState = { difference: null, marks: null };
export const useDiff = create<DiffState>(() => NONE);
export const clearDiff = () => useDiff.setState(NONE);
export const showDiff = (difference: RunDifference) => useDiff.setState({ difference, marks: marksOf(difference) });

/** The shown run is `b`: the one it is compared with is what was, and it is what has become of that. */
export function marksOf(difference: RunDifference): Marks {
  const byNode: Record<NodeId, { mark: Mark; count: number }> = {};
  const count = (node: NodeId, mark: Mark) => {
    const known = byNode[node];
    byNode[node] = { mark: known && known.mark !== mark ? "changed" : mark, count: (known?.count ?? 0) + 1 };
  };
  const bySeq = new Set<Seq>();
  for (const { b } of difference.changed) {
    count(b.nodeId, "changed");
    bySeq.add(b.openedSeq);
  }
  for (const frame of difference.onlyInB) {
    count(frame.nodeId, "onlyHere");
    bySeq.add(frame.openedSeq);
  }
  for (const frame of difference.onlyInA) count(frame.nodeId, "onlyThere");
  return { byNode, bySeq };
}
