/** What the hand is doing on the canvas right now: the selection and the drag, neither of which is in the document. */
import { useReactFlow, type EdgeChange, type NodeChange } from "@xyflow/react";
import { useCallback, useRef, useState } from "react";
import type * as Y from "yjs";
import type { Position } from "../api/types";
import { companyNow } from "../collab/people";
import { edit } from "../document/edit";
import { moveNodes, moveNotes } from "../document/edits";
import { stepBoxes } from "./boxes";
import { groupKeyOf, isStepId, type FlowEdge, type FlowNode, type GroupData } from "./flowTypes";
import { movesOf } from "./fromFlow";
import type { Box } from "./place";
import { settle } from "./settle";
import { select, useSelection } from "./selection";
import { useSettings } from "./settings";
import { snap, type SnapLine } from "./snap";

interface Hand {
  dragged: ReadonlyMap<string, Position>;
  lines: readonly SnapLine[];
}

const EMPTY_HAND: Hand = { dragged: new Map(), lines: [] };
/** Boxes farther away than this are not snapped to. */
const SNAP_FAR = 1200;

export function useHand(doc: Y.Doc) {
  const { getNodes } = useReactFlow<FlowNode, FlowEdge>();
  const [hand, setHand] = useState(EMPTY_HAND);
  /** The boxes around the one that is dragged, found when the drag begins. */
  const around = useRef<Box[]>([]);

  const onNodesChange = useCallback(
    (changes: NodeChange<FlowNode>[]) => {
      turnSelection("nodes", changes);
      const positions = changes.flatMap((c) =>
        c.type === "position" && c.position ? [[c.id, c.position] as const] : [],
      );
      if (positions.length === 0) return;
      const moved = new Map(positions);
      const lines = snapOne(moved, getNodes(), around.current);
      dragMembers(moved, getNodes());
      setHand({ dragged: moved, lines });
      companyNow()?.drag(moved);
    },
    [getNodes],
  );

  const onEdgesChange = useCallback((changes: EdgeChange<FlowEdge>[]) => turnSelection("edges", changes), []);

  const onDragStart = useCallback(
    (_: unknown, node: FlowNode, moved: FlowNode[]) => {
      around.current = moved.length === 1 && useSettings.getState().snapLines ? siblingsNear(node, getNodes()) : [];
    },
    [getNodes],
  );

  const onDragStop = useCallback(
    (_: unknown, __: unknown, moved: FlowNode[]) => {
      const all = getNodes();
      const withMembers = all.filter((node) => moved.some(({ id }) => id === node.id) || isMemberOf(node, moved));
      drop(doc, withMembers, all);
      setHand(EMPTY_HAND);
      // After the edit: nowhere the nodes jump back before they move.
      companyNow()?.drag(null);
    },
    [doc, getNodes],
  );

  return { hand, onNodesChange, onEdgesChange, onDragStart, onDragStop };
}

function turnSelection(kind: "nodes" | "edges", changes: readonly { type: string }[]) {
  const turns = changes.filter((c): c is { type: "select"; id: string; selected: boolean } => c.type === "select");
  if (turns.length === 0) return;
  const { nodes, edges } = useSelection.getState();
  const chosen = new Set(kind === "nodes" ? nodes : edges);
  for (const turn of turns) chosen[turn.selected ? "add" : "delete"](turn.id);
  if (kind === "nodes") select(chosen, edges);
  else select(nodes, chosen);
}

/** Lets a single dragged node snap to those around it; changes the position in place. */
function snapOne(moved: Map<string, Position>, all: readonly FlowNode[], around: readonly Box[]): SnapLine[] {
  const [only] = moved;
  if (moved.size !== 1 || !only || around.length === 0) return [];
  const [id, position] = only;
  const box = stepBoxes(all).find((other) => other.id === id);
  const node = all.find((other) => other.id === id);
  if (!box || !node) return [];
  // From where the node is drawn to where the hand wants it.
  const at = { ...box, x: box.x + position.x - node.position.x, y: box.y + position.y - node.position.y };
  const snapped = snap(at, around);
  moved.set(id, { x: position.x + snapped.x - at.x, y: position.y + snapped.y - at.y });
  return snapped.lines;
}

function siblingsNear(node: FlowNode, all: readonly FlowNode[]): Box[] {
  const boxes = stepBoxes(all);
  const own = boxes.find((box) => box.id === node.id);
  if (!own) return [];
  return boxes.filter(
    (box) =>
      box.id !== own.id &&
      box.parent === own.parent &&
      Math.abs(box.x - own.x) < SNAP_FAR &&
      Math.abs(box.y - own.y) < SNAP_FAR,
  );
}

const membersOf = (node: FlowNode): readonly string[] =>
  node.type === "frame" ? (node.data as GroupData).group.nodes : [];
const isMemberOf = (node: FlowNode, groups: readonly FlowNode[]) =>
  groups.some((group) => membersOf(group).includes(node.id));

/** A dragged group takes its nodes along. */
function dragMembers(moved: Map<string, Position>, all: readonly FlowNode[]) {
  for (const node of all) {
    const to = moved.get(node.id);
    if (!to || groupKeyOf(node.id) === null) continue;
    const by = { x: to.x - node.position.x, y: to.y - node.position.y };
    for (const member of all) {
      if (membersOf(node).includes(member.id) && !member.parentId && !moved.has(member.id)) {
        moved.set(member.id, { x: member.position.x + by.x, y: member.position.y + by.y });
      }
    }
  }
}

/** Writes where things came to stand. */
function drop(doc: Y.Doc, moved: readonly FlowNode[], all: readonly FlowNode[]) {
  const moves = movesOf(moved, all);
  const steps = moved.filter((node) => isStepId(node.id)).length;
  edit(doc, "Move", () => {
    if (steps > 0) {
      settle(doc, all);
      moveNodes(doc, moves.nodes, moves.parents);
    }
    if (Object.keys(moves.notes).length > 0) moveNotes(doc, moves.notes);
  });
}
