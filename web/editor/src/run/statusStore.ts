/** What a run does to each node, for the canvas. The run's screens fill it; it never enters the document. */
import { create } from "zustand";
import type { NodeId, Status } from "../api/types";

export interface NodeRunStatus {
  status: Status;
  /** How many frames of this node there were. */
  count: number;
  /** Time of the last one. */
  ms: number | null;
  attempt: number;
  failed?: number;
  /** Of a loop: iterations done and all. */
  progress?: { done: number; of: number | null };
}

interface RunStatus {
  byNode: Readonly<Record<NodeId, NodeRunStatus>>;
  /** By the key of the edge in the document. */
  edges: Readonly<Record<string, Status>>;
  /** A short text of what flowed on the edge. */
  edgeValues: Readonly<Record<string, string>>;
}

const NOTHING: RunStatus = { byNode: {}, edges: {}, edgeValues: {} };

export const useRunStatus = create<RunStatus>(() => NOTHING);

export const showRunStatus = (status: Partial<RunStatus>) => useRunStatus.setState(status);
export const clearRunStatus = () => useRunStatus.setState(NOTHING, true);
