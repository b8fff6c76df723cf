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

/** Nearer to the border than this is not seen well. */
const MARGIN = 32;
/** Farther away than this, a node that is looked for is brought near. */
const NEAR_ZOOM_MIN = 0.45;
const NEAR_ZOOM = 0.8;

/** Moves the view only as far as a node needs to be seen whole. */
export function reveal(flow: Flow, id: string) {
  const box = stepBoxes(flow.nodes()).find((other) => other.id === id);
  const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (!box || !pane) return;
  const view = flow.getViewport();
  if (view.zoom < NEAR_ZOOM_MIN) {
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    return void flow.setCenter(middle.x, middle.y, { zoom: NEAR_ZOOM, duration: motionMs() });
  }
  const at = flow.flowToScreenPosition(box);
  const end = flow.flowToScreenPosition({ x: box.x + box.width, y: box.y + box.height });
  const x = missing(at.x, end.x, pane.left, pane.right);
  const y = missing(at.y, end.y, pane.top, pane.bottom);
  if (x !== 0 || y !== 0) void flow.setViewport({ ...view, x: view.x + x, y: view.y + y }, { duration: motionMs() });
}

/** Shows everything when one of these is out of sight. */
export function revealAll(flow: Flow, ids: ReadonlySet<string>) {
  const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (!pane) return;
  const isOut = stepBoxes(flow.nodes()).some((box) => {
    if (!ids.has(box.id)) return false;
    const at = flow.flowToScreenPosition(box);
    const end = flow.flowToScreenPosition({ x: box.x + box.width, y: box.y + box.height });
    return at.x < pane.left || at.y < pane.top || end.x > pane.right || end.y > pane.bottom;
  });
  if (isOut) void fit(flow);
}

/** How far a stretch must move to lie between two borders; its beginning counts more than its end. */
function missing(from: number, to: number, low: number, high: number): number {
  if (from < low + MARGIN) return low + MARGIN - from;
  return to > high - MARGIN ? Math.max(high - MARGIN - to, low + MARGIN - from) : 0;
}

/** Shows everything, but nothing larger than it is. */
export async function fit(flow: Flow, duration = motionMs()): Promise<void> {
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
  await flow.setCenter(left + width / 2, top + height / 2, { zoom, duration });
}
