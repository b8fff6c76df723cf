/** Arranges a graph from left to right: each loop's body first, then the loop as one box among the others. */
import dagre from "@dagrejs/dagre";
import type { Position } from "../api/types";
import { GRID, LOOP_HEAD, LOOP_MIN, LOOP_PAD, type Size } from "./size";

export interface LayoutNode extends Size {
  id: string;
  parent: string | null;
  loop: boolean;
}

interface LayoutEdge {
  source: string;
  target: string;
}

export interface LayoutJob {
  nodes: LayoutNode[];
  edges: LayoutEdge[];
}

export type Layout = Record<string, Position>;

/** Above this, the finer ranking takes too long. */
const FINE_NODES_MAX = 150;
const BETWEEN_RANKS = 96;
const BETWEEN_NODES = 32;

/** A position for every node: in a loop, relative to it. */
export function layout({ nodes, edges }: LayoutJob): Layout {
  const positions: Layout = {};
  const sizes = new Map<string, Size>(nodes.map((node) => [node.id, node]));
  for (const level of levelsInsideOut(nodes)) {
    const { holder, members } = level;
    const placed = arrange(members, edges, sizes);
    const shift = holder === null ? { x: 0, y: 0 } : { x: LOOP_PAD, y: LOOP_HEAD + LOOP_PAD };
    let right = 0;
    let bottom = 0;
    for (const [id, { x, y }] of Object.entries(placed)) {
      positions[id] = { x: x + shift.x, y: y + shift.y };
      const size = sizes.get(id) as Size;
      right = Math.max(right, x + shift.x + size.width + LOOP_PAD);
      bottom = Math.max(bottom, y + shift.y + size.height + LOOP_PAD);
    }
    if (holder !== null) {
      sizes.set(holder, { width: Math.max(LOOP_MIN.width, right), height: Math.max(LOOP_MIN.height, bottom) });
    }
  }
  return positions;
}

interface Level {
  holder: string | null;
  members: string[];
}

function levelsInsideOut(nodes: readonly LayoutNode[]): Level[] {
  const parents = new Map(nodes.map((node) => [node.id, node.parent]));
  const members = new Map<string | null, string[]>();
  for (const { id, parent } of nodes) members.set(parent, [...(members.get(parent) ?? []), id]);
  const depth = (holder: string | null) => {
    let steps = 0;
    for (let up = holder; up !== null && steps <= nodes.length; up = parents.get(up) ?? null) steps++;
    return steps;
  };
  return [...members.entries()]
    .map(([holder, ids]) => ({ holder, members: ids }))
    .sort((a, b) => depth(b.holder) - depth(a.holder));
}

function arrange(ids: readonly string[], edges: readonly LayoutEdge[], sizes: ReadonlyMap<string, Size>): Layout {
  const graph = new dagre.graphlib.Graph();
  const ranker = ids.length > FINE_NODES_MAX ? "longest-path" : "network-simplex";
  graph.setGraph({ rankdir: "LR", ranksep: BETWEEN_RANKS, nodesep: BETWEEN_NODES, ranker });
  graph.setDefaultEdgeLabel(() => ({}));
  const here = new Set(ids);
  for (const id of ids) graph.setNode(id, { ...sizes.get(id) });
  for (const { source, target } of edges) if (here.has(source) && here.has(target)) graph.setEdge(source, target);
  dagre.layout(graph);
  const placed: Layout = {};
  for (const id of ids) {
    const { x, y } = graph.node(id) as { x: number; y: number };
    const { width, height } = sizes.get(id) as Size;
    placed[id] = { x: snap(x - width / 2), y: snap(y - height / 2) };
  }
  return atOrigin(placed);
}

/** The leftmost at 0, the topmost at 0. */
function atOrigin(placed: Layout): Layout {
  const positions = Object.values(placed);
  const left = Math.min(...positions.map(({ x }) => x));
  const top = Math.min(...positions.map(({ y }) => y));
  return Object.fromEntries(Object.entries(placed).map(([id, { x, y }]) => [id, { x: x - left, y: y - top }]));
}

const snap = (n: number) => Math.round(n / GRID) * GRID;
