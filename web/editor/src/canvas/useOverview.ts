/** When the graph is drawn as an overview: too many nodes in sight, or too small to read. */
import { useStore, type ReactFlowState } from "@xyflow/react";

/** Below this zoom a title cannot be read. */
const READABLE_ZOOM = 0.32;
/** Below this one, so many nodes of a very large graph are in sight that they are drawn too slowly one by one. */
const CROWDED_ZOOM = 0.55;
const CROWD = 2000;
/** Fewer nodes than this are drawn in full at any zoom. */
export const NODES_MIN = 120;

export function useOverview(count: number): boolean {
  const least = count > CROWD ? CROWDED_ZOOM : READABLE_ZOOM;
  const isSmall = useStore((state: ReactFlowState) => state.transform[2] < least);
  return isSmall && count > NODES_MIN;
}
