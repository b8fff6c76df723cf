/**
 * Which row of the timeline a frame is drawn in: one lane for each branch, in the order in which they first ran, so
 * that a chain of nodes reads from left to right. A loop or a sub-workflow folds into its own bar, or opens into lanes
 * of its own below.
 */
import type { NodeId } from "../api/types";
import type { FrameIndex, FrameTable, PlaceIndex } from "./frameTable";

/** What lanes need to know of a graph. */
export interface Branches {
  edges: readonly { source: NodeId; target: NodeId }[];
}

export interface Lane {
  /** The first place in it, which names it from one layout to the next. */
  key: PlaceIndex;
  depth: number;
  places: PlaceIndex[];
  /** The loops and sub-workflows in it that can be opened. */
  loops: PlaceIndex[];
  /** Frames of its own, in opened order. */
  frames: FrameIndex[];
  /** Frames of the loops that are folded into it, in opened order. */
  inner: FrameIndex[];
  /** For each of `frames`, the row inside the lane, so that frames that ran at once do not cover each other. */
  rows: number[];
  rowCount: number;
}

/** More rows than this in one lane could not be told apart. */
const ROWS_MAX = 4;

/** The lanes of a run. `open` holds the loops that are not folded. */
export function lanesOf(table: FrameTable, branches: Branches | null, open: ReadonlySet<PlaceIndex>): Lane[] {
  const lanes: Lane[] = [];
  const before = predecessors(branches);
  level(table, table.roots, 0, before, open, lanes);
  const laneOf = laneOfPlaces(table, lanes, open);
  for (let frame = 0; frame < table.length; frame++) {
    const [lane, isInner] = laneOf[table.place[frame] as number] as [Lane, boolean];
    (isInner ? lane.inner : lane.frames).push(frame);
  }
  for (const lane of lanes) stack(table, lane);
  return lanes;
}

function predecessors(branches: Branches | null): Map<NodeId, NodeId[]> {
  const before = new Map<NodeId, NodeId[]>();
  for (const edge of branches?.edges ?? []) {
    const known = before.get(edge.target);
    if (known) known.push(edge.source);
    else before.set(edge.target, [edge.source]);
  }
  return before;
}

/** Lays out one level: a node goes on where the branch before it ended, else begins a lane. */
function level(
  table: FrameTable,
  places: readonly PlaceIndex[],
  depth: number,
  before: Map<NodeId, NodeId[]>,
  open: ReadonlySet<PlaceIndex>,
  lanes: Lane[],
): void {
  const here: Lane[] = [];
  const tails = new Map<NodeId, Lane>();
  for (const place of places) {
    const { node, inside } = table.placeAt(place);
    const from = before.get(node)?.find((source) => tails.has(source));
    const lane = (from !== undefined && tails.get(from)) || begin(place, depth, here);
    if (from !== undefined) tails.delete(from);
    lane.places.push(place);
    if (inside.length > 0) lane.loops.push(place);
    tails.set(node, lane);
  }
  for (const lane of here) {
    lanes.push(lane);
    for (const loop of lane.loops) {
      if (open.has(loop)) level(table, table.placeAt(loop).inside, depth + 1, before, open, lanes);
    }
  }
}

function begin(key: PlaceIndex, depth: number, here: Lane[]): Lane {
  const lane: Lane = { key, depth, places: [], loops: [], frames: [], inner: [], rows: [], rowCount: 1 };
  here.push(lane);
  return lane;
}

function laneOfPlaces(table: FrameTable, lanes: Lane[], open: ReadonlySet<PlaceIndex>): [Lane, boolean][] {
  const laneOf: [Lane, boolean][] = [];
  const fold = (place: PlaceIndex, lane: Lane) => {
    laneOf[place] = [lane, true];
    for (const inside of table.placeAt(place).inside) fold(inside, lane);
  };
  for (const lane of lanes) {
    for (const place of lane.places) laneOf[place] = [lane, false];
    for (const loop of lane.loops) {
      if (!open.has(loop)) for (const inside of table.placeAt(loop).inside) fold(inside, lane);
    }
  }
  return laneOf;
}

/** Gives each frame the first row that is free when it opens. */
function stack(table: FrameTable, lane: Lane): void {
  const busyUntil: number[] = [];
  for (const frame of lane.frames) {
    const opened = table.opened[frame] as number;
    let row = busyUntil.findIndex((end) => end <= opened);
    if (row < 0) row = busyUntil.length < ROWS_MAX ? busyUntil.length : ROWS_MAX - 1;
    busyUntil[row] = Math.max(busyUntil[row] ?? 0, table.closed[frame] || Infinity);
    lane.rows.push(row);
  }
  lane.rowCount = Math.max(busyUntil.length, 1);
}

/** What a lane is called: the node it begins with, and the one it ends with. */
export function laneName(table: FrameTable, lane: Lane, nameOf: (node: NodeId) => string): string {
  const names = lane.places.map((place) => nameOf(table.placeAt(place).node));
  return names.length > 2 ? `${names[0]} … ${names[names.length - 1]}` : names.join(" → ");
}

/** All nodes of a lane in order. */
export const laneNodes = (table: FrameTable, lane: Lane, nameOf: (node: NodeId) => string): string =>
  lane.places.map((place) => nameOf(table.placeAt(place).node)).join(" → ");
