/** The view of the canvas, and how it moves. */
import type { useReactFlow } from "@xyflow/react";
import type { Position } from "../../api/types";
import { stepBoxes } from "../boxes";
import type { FlowEdge, FlowNode } from "../flowTypes";
import { absolute } from "../fromFlow";
import { select } from "../selection";
import { ZOOM_MIN } from "../size";

type ReactFlowView = ReturnType<typeof useReactFlow<FlowNode, FlowEdge>>;

/** React Flow's view, with what is drawn instead of what React Flow holds: in the overview it holds nothing. */
export type Flow = Omit<ReactFlowView, "getNodes" | "getEdges" | "fitView"> & {
  nodes: () => readonly FlowNode[];
  edges: () => readonly FlowEdge[];
};

/** How long the view takes to move. None for those who asked their system for less motion. */
export const motionMs = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160);

export function middleOf(flow: Flow): Position {
  const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (!pane) return { x: 0, y: 0 };
  return flow.screenToFlowPosition({ x: pane.left + pane.width / 2, y: pane.top + pane.height / 2 });
}

/** A node as it is drawn; null while it is out of sight. */
export const elementOf = (id: string) =>
  document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);

/** Selects nodes and leads the keyboard to the first. */
export function show(ids: readonly string[]) {
  select(ids);
  const [first] = ids;
  if (first === undefined) return;
  // The node may be drawn only with the next frame.
  requestAnimationFrame(() => elementOf(first)?.focus({ preventScroll: true }));
}

/** Moves the view only as far as a node needs to be seen whole. */
export function reveal(flow: Flow, id: string) {
  const box = stepBoxes(flow.nodes()).find((other) => other.id === id);
  const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (!box || !pane) return;
  const at = flow.flowToScreenPosition(box);
  const end = flow.flowToScreenPosition({ x: box.x + box.width, y: box.y + box.height });
  const isSeen = at.x >= pane.left && at.y >= pane.top && end.x <= pane.right && end.y <= pane.bottom;
  if (isSeen) return;
  void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, {
    zoom: Math.max(flow.getZoom(), 0.6),
    duration: motionMs(),
  });
}

/** Shows everything, but nothing larger than it is. */
export function fit(flow: Flow) {
  const boxes = [...absolute(flow.nodes()).values()].map(({ node, x, y }) => ({
    x,
    y,
    right: x + (node.width ?? 0),
    bottom: y + (node.height ?? 0),
  }));
  const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (boxes.length === 0 || !pane) return;
  const left = Math.min(...boxes.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const width = Math.max(...boxes.map(({ right }) => right)) - left;
  const height = Math.max(...boxes.map(({ bottom }) => bottom)) - top;
  const zoom = Math.max(ZOOM_MIN, Math.min(1, (pane.width * 0.88) / width, (pane.height * 0.88) / height));
  void flow.setCenter(left + width / 2, top + height / 2, { zoom, duration: motionMs() });
}
