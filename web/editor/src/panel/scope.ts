/** What expressions of a node can see, and with which values they are tried out. */
import type { Json, RunId, Seq } from "../api/types";

/** How the service is told the values. */
export type ScopeSource =
  | { run: RunId; frame: Seq }
  | { input?: Json; nodes?: Record<string, { output: Json }>; item?: Json; index?: number; vars?: Json };

export interface Scope {
  source: ScopeSource;
  /** The same, as far as it is known here, for completion. Long values are cut. */
  values: Readonly<Record<string, Json>>;
  /** Where the values are from, for the person who reads a result. */
  from: string;
}

/** Nodes, by id, whose output an expression here may name. */
export interface Surroundings {
  /** Values to try expressions with; null when no run has given any. */
  scope: Scope | null;
  /** Ids of nodes before this one. */
  before: readonly string[];
  inLoop: boolean;
}

export const NOWHERE: Surroundings = { scope: null, before: [], inLoop: false };
