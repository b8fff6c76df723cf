/** What a hand did on the canvas, as edits of the document. */
import type { Connection } from "@xyflow/react";
import type { NodeId, Position } from "../api/types";
import type { Wire } from "../document/wire";
import { isStepId, noteKeyOf, type FlowNode } from "./flowTypes";

export function wireOf(connection: Connection): Wire | null {
  const { source, target, sourceHandle, targetHandle } = connection;
  if (!source || !target || source === target) return null;
  return { source, sourcePort: sourceHandle ?? "out", target, targetPort: targetHandle ?? "in" };
}

export interface Moves {
  nodes: Record<NodeId, Position>;
  parents: Record<NodeId, NodeId | null>;
  notes: Record<string, Position>;
}

interface Box {
  node: FlowNode;
  x: number;
  y: number;
}

/** Where dragged nodes came to stand, and into which loops they went or out of which. */
export function movesOf(dragged: readonly FlowNode[], all: readonly FlowNode[]): Moves {
  const boxes = absolute(all);
  const moves: Moves = { nodes: {}, parents: {}, notes: {} };
  const moving = new Set(dragged.map(({ id }) => id));
  for (const { id } of dragged) {
    const box = boxes.get(id);
    if (!box) continue;
    const note = noteKeyOf(id);
    if (note !== null) moves.notes[note] = box.node.position;
    if (!isStepId(id)) continue;
    const holder = moving.has(box.node.parentId ?? "") ? box.node.parentId : holderAt(box, boxes, moving)?.node.id;
    if ((box.node.parentId ?? null) === (holder ?? null)) {
      moves.nodes[id] = box.node.position;
      continue;
    }
    const at = holder === undefined ? undefined : boxes.get(holder);
    moves.parents[id] = holder ?? null;
    moves.nodes[id] = { x: box.x - (at?.x ?? 0), y: box.y - (at?.y ?? 0) };
  }
  return moves;
}

export function absolute(all: readonly FlowNode[]): Map<string, Box> {
  const boxes = new Map<string, Box>();
  for (const node of all) {
    const above = node.parentId === undefined ? undefined : boxes.get(node.parentId);
    boxes.set(node.id, { node, x: node.position.x + (above?.x ?? 0), y: node.position.y + (above?.y ?? 0) });
  }
  return boxes;
}

/** The innermost loop under the middle of a box that is not itself being dragged. */
function holderAt(box: Box, boxes: ReadonlyMap<string, Box>, moving: ReadonlySet<string>): Box | null {
  const x = box.x + (box.node.width ?? 0) / 2;
  const y = box.y + (box.node.height ?? 0) / 2;
  let found: Box | null = null;
  for (const other of boxes.values()) {
    if (other.node.type !== "loop" || moving.has(other.node.id) || liesIn(other.node, box.node.id, boxes)) continue;
    const right = other.x + (other.node.width ?? 0);
    const bottom = other.y + (other.node.height ?? 0);
    // Later ones lie deeper: holders come before what they hold.
    if (x >= other.x && x <= right && y >= other.y && y <= bottom) found = other;
  }
  return found;
}

function liesIn(node: FlowNode, holder: string, boxes: ReadonlyMap<string, Box>): boolean {
  for (let up = node.parentId; up !== undefined; up = boxes.get(up)?.node.parentId) if (up === holder) return true;
  return node.id === holder;
}
