/**
 * A large graph is brought into sight before anything of it is drawn. React Flow would draw and measure every node to do so,
 * and leave them to the overview at once.
 */
import { useReactFlow } from "@xyflow/react";
import { useCallback, useState } from "react";
import { fit } from "./commands/view";
import type { FlowEdge, FlowNode } from "./flowTypes";
import { NODES_MIN } from "./useOverview";

export function useFirstFit(nodes: readonly FlowNode[]) {
  const view = useReactFlow<FlowNode, FlowEdge>();
  const [isLarge] = useState(nodes.length > NODES_MIN);
  const [isInSight, setInSight] = useState(!isLarge);
  const onInit = useCallback(() => {
    if (isLarge) void fit({ ...view, nodes: () => nodes, edges: () => [] }, 0).then(() => setInSight(true));
  }, [view, nodes, isLarge]);
  return { fitView: !isLarge, isInSight, onInit };
}
