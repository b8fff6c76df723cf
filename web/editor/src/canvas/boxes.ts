/** Where the drawn nodes stand on the canvas. */
import type { NodeId, Position } from "../api/types";
import { isStepId, type FlowNode } from "./flowTypes";
import { absolute } from "./fromFlow";
import type { Box } from "./place";

export interface StepBox extends Box {
  id: NodeId;
  parent: NodeId | null;
  loop: boolean;
}

/** The boxes of all workflow nodes, loops before what lies in them. */
export function stepBoxes(nodes: readonly FlowNode[]): StepBox[] {
  return [...absolute(nodes).values()].flatMap(({ node, x, y }) =>
    isStepId(node.id)
      ? [
          {
            id: node.id,
            x,
            y,
            width: node.width ?? 0,
            height: node.height ?? 0,
            parent: node.parentId ?? null,
            loop: node.type === "loop",
          },
        ]
      : [],
  );
}

/** The innermost loop around a point. */
export function loopAt(boxes: readonly StepBox[], { x, y }: Position): StepBox | null {
  return (
    boxes.findLast(
      (box) => box.loop && x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height,
    ) ?? null
  );
}

/** A place on the canvas as seen from inside a loop. */
export function within(at: Position, holder: StepBox | null): Position {
  return holder ? { x: at.x - holder.x, y: at.y - holder.y } : at;
}
