/**
 * What is drawn in a lane: a bar for each frame while there is room for it, and one bar for each pixel when there is
 * not. A pixel shows the worst that happened in it, so a failure among 100,000 frames is never lost.
 */
import type { Status } from "../api/types";
import type { FrameIndex, FrameTable } from "./frameTable";
import type { Lane } from "./lanes";
import { type Axis, endOf, reachOfWait, startOf, toX, type View } from "./scale";

export interface Bar {
  x: number;
  width: number;
  row: number;
  status: Status;
  /** The frame, or -1 when the bar stands for many. */
  frame: FrameIndex;
  /** How many frames it stands for. */
  count: number;
  /** Where in it the frame waited: from and how wide, as `x` and `width` are. */
  waits?: { x: number; width: number }[];
}

/** From what matters least to what matters most when frames share a pixel. */
const WEIGHT: Record<Status, number> = {
  SKIPPED: 0,
  PENDING: 1,
  COMPLETED: 2,
  CANCELLED: 3,
  RUNNING: 4,
  WAITING: 5,
  INTERRUPTED: 6,
  FAILED: 7,
};
const BY_WEIGHT = (Object.keys(WEIGHT) as Status[]).sort((a, b) => WEIGHT[a] - WEIGHT[b]);
const FAILING = WEIGHT.INTERRUPTED;

/** The narrowest bar, in pixels; a failure is wider, to be seen. */
const WIDTH_MIN = 1.5;
const FAILURE_WIDTH_MIN = 3;

/** Frames in the order of their opening, and how far those before reach: found by halving, not by looking at all. */
export interface Reach {
  frames: readonly FrameIndex[];
  rows: readonly number[] | null;
  /** The furthest end of the frames up to and including this one. */
  ends: Float64Array;
}

function reachOf(table: FrameTable, axis: Axis, frames: readonly FrameIndex[], rows: number[] | null): Reach {
  const ends = new Float64Array(frames.length);
  let furthest = 0;
  for (let at = 0; at < frames.length; at++) {
    furthest = Math.max(furthest, endOf(table, axis, frames[at] as FrameIndex));
    ends[at] = furthest;
  }
  return { frames, rows, ends };
}

export const ownReach = (table: FrameTable, axis: Axis, lane: Lane) => reachOf(table, axis, lane.frames, lane.rows);
export const innerReach = (table: FrameTable, axis: Axis, lane: Lane) => reachOf(table, axis, lane.inner, null);

/** The part of `reach` that can touch the view: from, and up to but not including. */
function inView(table: FrameTable, axis: Axis, reach: Reach, view: View): [number, number] {
  const from = halve(reach.frames.length, (at) => (reach.ends[at] as number) >= view.from);
  const to = halve(reach.frames.length, (at) => startOf(table, axis, reach.frames[at] as FrameIndex) > view.to);
  return [from, Math.max(from, to)];
}

/** The first place at which `is` holds, when it holds from there on. */
function halve(length: number, is: (at: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (is(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The bars of one lane, failures last, so that they are drawn over the others. */
export function barsOf(table: FrameTable, axis: Axis, reach: Reach, view: View, width: number): Bar[] {
  const [from, to] = inView(table, axis, reach, view);
  if (to - from > width) return buckets(table, axis, reach, view, width, from, to);
  const bars: Bar[] = [];
  for (let at = from; at < to; at++) bars.push(barOf(table, axis, reach, view, width, at));
  const isFailing = (bar: Bar) => WEIGHT[bar.status] >= FAILING;
  return [...bars.filter((bar) => !isFailing(bar)), ...bars.filter(isFailing)];
}

function barOf(table: FrameTable, axis: Axis, reach: Reach, view: View, width: number, at: number): Bar {
  const frame = reach.frames[at] as FrameIndex;
  const status = table.status[frame] as Status;
  const x = toX(view, width, startOf(table, axis, frame));
  const end = toX(view, width, endOf(table, axis, frame));
  const least = WEIGHT[status] >= FAILING ? FAILURE_WIDTH_MIN : WIDTH_MIN;
  const bar = { x, width: Math.max(end - x, least), row: reach.rows?.[at] ?? 0, status, frame, count: 1 };
  const waits = table.waitsOf(frame).map((wait) => {
    const [from, to] = reachOfWait(table, axis, wait).map((at) => toX(view, width, at)) as [number, number];
    return { x: from, width: Math.max(to - from, 0) };
  });
  return waits.length > 0 ? { ...bar, waits } : bar;
}

/** What a row of pixels shows: for each the weight of a status plus one, 0 for nothing, and the frames that begin there. */
interface Layer {
  shown: Uint8Array;
  counts: Uint32Array;
}

const newLayer = (pixels: number): Layer => ({ shown: new Uint8Array(pixels), counts: new Uint32Array(pixels) });

/**
 * One bar for each run of pixels that show the same: first what went well, then over it what did not. Of failures
 * there can be one in nearly every pixel; then they are as thin as can be, so that their density is seen.
 */
function buckets(
  table: FrameTable,
  axis: Axis,
  reach: Reach,
  view: View,
  width: number,
  from: number,
  to: number,
): Bar[] {
  const pixels = Math.max(Math.floor(width), 1);
  const [well, failing] = [newLayer(pixels), newLayer(pixels)];
  const scale = pixels / (view.to - view.from);
  for (let at = from; at < to; at++) {
    const frame = reach.frames[at] as FrameIndex;
    const weight = WEIGHT[table.status[frame] as Status];
    const { shown, counts } = weight >= FAILING ? failing : well;
    const last = pixels - 1;
    const x = Math.min(Math.max(Math.floor((startOf(table, axis, frame) - view.from) * scale), 0), last);
    const end = Math.min(Math.max(Math.floor((endOf(table, axis, frame) - view.from) * scale), x), last);
    for (let pixel = x; pixel <= end; pixel++) if ((shown[pixel] as number) <= weight) shown[pixel] = weight + 1;
    counts[x] = (counts[x] as number) + 1;
  }
  const failures = joined(failing, 1);
  const isDense = failures.length > pixels / DENSE;
  if (!isDense) for (const bar of failures) bar.width = Math.max(bar.width, FAILURE_WIDTH_MIN);
  return [...joined(well, WIDTH_MIN), ...failures];
}

/** From one failure in so many pixels on, they would run together if they were wide. */
const DENSE = 12;

function joined({ shown, counts }: Layer, least: number): Bar[] {
  const bars: Bar[] = [];
  for (let x = 0; x < shown.length;) {
    let [end, count] = [x, 0];
    while (end < shown.length && shown[end] === shown[x]) count += counts[end++] as number;
    const weight = shown[x] as number;
    const status = BY_WEIGHT[weight - 1];
    if (status) bars.push({ x, width: Math.max(end - x, least), row: 0, status, frame: -1, count });
    x = end;
  }
  return bars;
}

/** The frame under a pixel: a failure if one is as near as the hand can aim, else the one that began last. */
export function frameUnder(
  table: FrameTable,
  axis: Axis,
  reach: Reach,
  view: View,
  width: number,
  x: number,
  row: number | null,
  aim = 4,
): FrameIndex {
  const unit = (view.to - view.from) / width;
  const near = { from: view.from + (x - aim) * unit, to: view.from + (x + aim) * unit };
  const [from, to] = inView(table, axis, reach, near);
  let [best, bestRank] = [-1, Infinity];
  for (let at = to - 1; at >= from; at--) {
    const frame = reach.frames[at] as FrameIndex;
    const [start, end] = [startOf(table, axis, frame), endOf(table, axis, frame)];
    if (end < near.from || start > near.to) continue;
    const place = view.from + x * unit;
    const apart = Math.max(start - place, place - end, 0) / unit;
    const isFailing = WEIGHT[table.status[frame] as Status] >= FAILING;
    const isOtherRow = row !== null && reach.rows !== null && reach.rows[at] !== row;
    const rank = apart - (isFailing ? 2 * aim : 0) + (isOtherRow ? 1.5 * aim : 0);
    if (rank < bestRank) [best, bestRank] = [frame, rank];
  }
  return best;
}
