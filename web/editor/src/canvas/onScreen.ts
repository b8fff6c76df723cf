/**
 * The one canvas that is on the screen: what is drawn on it, where the pointer is, and what others may ask of it.
 * Kept outside React, because none of it makes anything draw.
 */
import type { NodeId, Position } from "../api/types";
import type { FlowEdge, FlowNode } from "./flowTypes";
import { forgetPlaces } from "./ghosts";

interface NamedNode {
  id: NodeId;
  title: string;
  icon: string | undefined;
}

interface OnScreen {
  /** Everything that is drawn, also while React Flow holds nothing because the overview is shown. */
  nodes: readonly FlowNode[];
  edges: readonly FlowEdge[];
  /** In the window; null when the pointer is elsewhere. */
  pointer: Position | null;
  /** Selects a node and moves the view to it. */
  show: (id: NodeId) => void;
  /** Moves the view to a node, which may be a ghost. */
  bring: (id: NodeId) => void;
  /** Shows everything when one of these is out of sight. */
  bringAll: (ids: ReadonlySet<NodeId>) => void;
  /** Nodes by the names that people see. */
  named: () => NamedNode[];
}

export const onScreen: OnScreen = {
  nodes: [],
  edges: [],
  pointer: null,
  show: () => undefined,
  bring: () => undefined,
  bringAll: () => undefined,
  named: () => [],
};

export function leaveScreen() {
  forgetPlaces();
  Object.assign(onScreen, {
    nodes: [],
    edges: [],
    pointer: null,
    show: () => undefined,
    bring: () => undefined,
    named: () => [],
  });
}
