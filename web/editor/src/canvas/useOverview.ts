/** When the graph is drawn as an overview: too many nodes in sight, or too small to read. */
import { useStore, type ReactFlowState } from "@xyflow/react";

/** Below this zoom a title cannot be read. */
const ZOOM_MIN = 0.32;
/** Fewer nodes than this are drawn in full at any zoom. */
const NODES_MIN = 120;

export function useOverview(count: number): boolean {
  const isSmall = useStore((state: ReactFlowState) => state.transform[2] < ZOOM_MIN);
  return isSmall && count > NODES_MIN;
}
