/** An edge by its four ends. */
import type { NodeId } from "../api/types";
import { edgeKey, yEdge } from "./load";
import { fieldOf, freeKey, lastOrder, type Fields, type Roots } from "./shape";

export interface Wire {
  source: NodeId;
  sourcePort: string;
  target: NodeId;
  targetPort: string;
}

/** Adds an edge unless it is there. Ports that are the default are not written. */
export function addWire(edges: Roots["edges"], wire: Wire): string | null {
  const edge = {
    source: wire.source,
    ...(wire.sourcePort !== "out" && { sourcePort: wire.sourcePort }),
    target: wire.target,
    ...(wire.targetPort !== "in" && { targetPort: wire.targetPort }),
  };
  if ([...edges.values()].some((other) => sameEnds(other, wire))) return null;
  const key = freeKey(edges, edgeKey(edge));
  edges.set(key, yEdge(edge, lastOrder(edges as Fields)));
  return key;
}

function sameEnds(edge: unknown, wire: Wire): boolean {
  return (
    fieldOf(edge, "source") === wire.source &&
    fieldOf(edge, "target") === wire.target &&
    (fieldOf(edge, "sourcePort") ?? "out") === wire.sourcePort &&
    (fieldOf(edge, "targetPort") ?? "in") === wire.targetPort
  );
}

/** A port that is the default is not written. */
export function setPort(edge: Fields, field: string, port: string, standard: string) {
  if (port === standard) edge.delete(field);
  else edge.set(field, port);
}
