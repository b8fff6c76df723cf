/** An edge by what it joins. Ports that are the default are not written. */
import type { WorkflowEdge } from "../api/types";

/** `a.out -> b.in`. */
export const edgeEnds = ({ source, sourcePort, target, targetPort }: WorkflowEdge) =>
  `${source}.${sourcePort ?? "out"} -> ${target}.${targetPort ?? "in"}`;

export const sameEnds = (a: WorkflowEdge, b: WorkflowEdge) =>
  a.source === b.source &&
  a.target === b.target &&
  (a.sourcePort ?? "out") === (b.sourcePort ?? "out") &&
  (a.targetPort ?? "in") === (b.targetPort ?? "in");
