/**
 * Where the scrubber halts: once a frame, at the event that closed it (its result is there to be seen), or, while it
 * is open, at the event that opened it. So a step is one frame, as the keys promise, and never a bare event.
 */
import type { NodeId, Seq } from "../api/types";
import { countUpTo, type FrameIndex, type FrameTable, isFailure } from "./frameTable";

export interface Stops {
  /** Sorted. */
  seqs: Seq[];
  /** The frame of each stop. */
  frames: FrameIndex[];
  /** Those of `seqs` at which a frame failed. */
  failures: Seq[];
  version: number;
}

export const stopOf = (table: FrameTable, frame: FrameIndex): Seq =>
  (table.closed[frame] as Seq) || (table.opened[frame] as Seq);

export function stopsOf(table: FrameTable): Stops {
  const frames = table.opened.map((_, frame) => frame);
  frames.sort((a, b) => stopOf(table, a) - stopOf(table, b) || a - b);
  const seqs = frames.map((frame) => stopOf(table, frame));
  const failures = seqs.filter((_, at) => isFailure(table.status[frames[at] as FrameIndex] ?? "PENDING"));
  return { seqs, frames, failures, version: table.version };
}

/** The last of a sorted list before `seq`, if any. */
export function before(sorted: readonly Seq[], seq: Seq): Seq | undefined {
  return sorted[countUpTo(sorted, seq - 1) - 1];
}

/** The first of a sorted list after `seq`, if any. */
export function after(sorted: readonly Seq[], seq: Seq): Seq | undefined {
  return sorted[countUpTo(sorted, seq)];
}

/** The frame to show at `seq`: the one whose stop it is, else the one opened last. */
export function frameAt(table: FrameTable, stops: Stops, seq: Seq, node?: NodeId | null): FrameIndex {
  if (node != null) return lastOfNode(table, node, seq);
  const at = countUpTo(stops.seqs, seq) - 1;
  if (at >= 0 && stops.seqs[at] === seq) return stops.frames[at] as FrameIndex;
  return table.lastOpenedBy(seq);
}

/** The frame of a node that was opened last at `seq`; -1 when it had not been reached. */
function lastOfNode(table: FrameTable, node: NodeId, seq: Seq): FrameIndex {
  let latest = -1;
  for (const place of table.places) {
    if (place.node !== node) continue;
    const at = countUpToBy(place.frames, (frame) => table.opened[frame] as Seq, seq) - 1;
    if (at >= 0) latest = Math.max(latest, place.frames[at] as FrameIndex);
  }
  return latest;
}

/** The frame of the same node, in the same loops, that was opened before (-1) or after (1) this one. */
export function sibling(table: FrameTable, frame: FrameIndex, direction: -1 | 1): FrameIndex | undefined {
  const { frames } = table.placeAt(table.place[frame] as number);
  return frames[countUpTo(frames, frame) - 1 + direction];
}

function countUpToBy(items: readonly number[], of: (item: number) => number, most: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (of(items[middle] as number) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}
