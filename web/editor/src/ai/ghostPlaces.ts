/** Where the nodes of a proposal stand while they are looked at. */
import type { NodeId, Position, WorkflowEdge, WorkflowNode } from "../api/types";
import { stepBoxes, type StepBox } from "../canvas/boxes";
import type { FlowNode } from "../canvas/flowTypes";
import { freePlace, rightOf } from "../canvas/place";
import { LOOP_HEAD, LOOP_MIN, LOOP_PAD, type Size } from "../canvas/size";

const SIZE: Size = { width: 216, height: 56 };
const BELOW = 48;

/** Positions for those that have none of their own; of what lies in a loop, as seen from inside it. */
export function ghostPlaces(
  added: readonly WorkflowNode[],
  edges: readonly WorkflowEdge[],
  drawn: readonly FlowNode[],
): Map<NodeId, Position> {
  const first = placed(added, edges, drawn, new Map());
  const loops = loopSizes(added, first);
  // Once more, now that it is known how large the loops are.
  return loops.size > 0 ? placed(added, edges, drawn, loops) : first;
}

type Sizes = ReadonlyMap<NodeId, Size>;

function placed(
  added: readonly WorkflowNode[],
  edges: readonly WorkflowEdge[],
  drawn: readonly FlowNode[],
  sizes: Sizes,
): Map<NodeId, Position> {
  const boxes = new Map(stepBoxes(drawn).map((box) => [box.id, box]));
  const places = new Map<NodeId, Position>();
  const waiting = added.filter((node) => !boxes.has(node.id));
  // Those first whose neighbours have a place already, so that a chain grows from where it hangs.
  while (waiting.length > 0) {
    const at = Math.max(
      0,
      waiting.findIndex((node) => hasPlacedNeighbour(node.id, edges, boxes)),
    );
    const [node] = waiting.splice(at, 1);
    if (!node) break;
    const size = sizes.get(node.id) ?? SIZE;
    const holder = node.parent === undefined ? null : (boxes.get(node.parent) ?? null);
    const here = node.position ? outside(node.position, holder) : placeOf(node, size, edges, boxes, holder);
    boxes.set(node.id, { id: node.id, ...here, ...size, parent: node.parent ?? null, loop: sizes.has(node.id) });
    places.set(node.id, holder ? { x: here.x - holder.x, y: here.y - holder.y } : here);
  }
  return places;
}

/** New loops, as large as what lies in them needs. */
function loopSizes(added: readonly WorkflowNode[], places: ReadonlyMap<NodeId, Position>): Sizes {
  const sizes = new Map<NodeId, Size>();
  for (const { id, parent } of added) {
    const at = places.get(id);
    if (parent === undefined || !at) continue;
    const { width, height } = sizes.get(parent) ?? LOOP_MIN;
    sizes.set(parent, {
      width: Math.max(width, at.x + SIZE.width + LOOP_PAD),
      height: Math.max(height, at.y + SIZE.height + LOOP_PAD),
    });
  }
  return sizes;
}

type Boxes = ReadonlyMap<NodeId, StepBox>;

const outside = (at: Position, holder: StepBox | null) => (holder ? { x: at.x + holder.x, y: at.y + holder.y } : at);

function hasPlacedNeighbour(id: NodeId, edges: readonly WorkflowEdge[], boxes: Boxes): boolean {
  return edges.some(
    ({ source, target }) => (source === id && boxes.has(target)) || (target === id && boxes.has(source)),
  );
}

function placeOf(
  { id, parent }: WorkflowNode,
  size: Size,
  edges: readonly WorkflowEdge[],
  boxes: Boxes,
  holder: StepBox | null,
): Position {
  const others = [...boxes.values()].filter((box) => box.parent === (parent ?? null));
  const from = edges.flatMap(({ source, target }) => (target === id ? (boxes.get(source) ?? []) : []))[0];
  const to = edges.flatMap(({ source, target }) => (source === id ? (boxes.get(target) ?? []) : []))[0];
  return freePlace(wanted(from, to, others, holder), size, others);
}

function wanted(
  from: StepBox | undefined,
  to: StepBox | undefined,
  others: readonly StepBox[],
  holder: StepBox | null,
): Position {
  if (from && to) return between(from, to);
  if (from) return rightOf(from);
  if (to) return { x: to.x - SIZE.width - (rightOf(to).x - to.x - to.width), y: to.y };
  if (holder && others.length === 0) return { x: holder.x + LOOP_PAD, y: holder.y + LOOP_HEAD + LOOP_PAD };
  const lowest = others.reduce((low, box) => Math.max(low, box.y + box.height), 0);
  return { x: Math.min(0, ...others.map(({ x }) => x)), y: others.length > 0 ? lowest + BELOW : 0 };
}

/** In the gap when it is wide enough, else below it. */
function between(from: StepBox, to: StepBox): Position {
  const middle = (from.x + from.width + to.x) / 2 - SIZE.width / 2;
  const isWide = to.x - from.x - from.width > SIZE.width + BELOW;
  return { x: middle, y: isWide ? from.y : Math.max(from.y + from.height, to.y + to.height) + BELOW };
}
