/** From events or milliseconds to pixels and back: what part of a run is in view, and where its ruler has marks. */
import type { Seq } from "../api/types";
import { countUpTo, type FrameIndex, type FrameTable, type Wait } from "./frameTable";

/** What the horizontal axis counts: events, each as wide as any other, or time. */
export type Axis = "seq" | "time";

/** The part of the axis in view, in its own unit. */
export interface View {
  from: number;
  to: number;
}

/** The narrowest view, in units of the axis. */
const SPAN_MIN: Record<Axis, number> = { seq: 8, time: 5 };

export function fullView(table: FrameTable, axis: Axis): View {
  const last = axis === "seq" ? table.lastSeq + 1 : table.lastMs;
  return { from: 0, to: Math.max(last * 1.01, SPAN_MIN[axis]) };
}

export const startOf = (table: FrameTable, axis: Axis, frame: FrameIndex): number =>
  (axis === "seq" ? table.opened : table.openedMs)[frame] as number;

/** Where a frame ends on the axis; an open one reaches to all that is known. */
export function endOf(table: FrameTable, axis: Axis, frame: FrameIndex): number {
  const closed = table.closed[frame] as Seq;
  if (axis === "seq") return closed || table.lastSeq + 1;
  return closed ? (table.closedMs[frame] as number) : table.lastMs;
}

/** Zooms by `factor` (below 1 is nearer) and keeps what is under `anchor`, a place on the axis, where it is. */
export function zoom(view: View, full: View, axis: Axis, factor: number, anchor: number): View {
  const span = Math.min(Math.max((view.to - view.from) * factor, SPAN_MIN[axis]), full.to - full.from);
  const share = (anchor - view.from) / (view.to - view.from);
  return within({ from: anchor - share * span, to: anchor + (1 - share) * span }, full);
}

export const pan = (view: View, full: View, by: number): View =>
  within({ from: view.from + by, to: view.to + by }, full);

/** The same span, moved so that nothing outside the run is shown. */
export function within(view: View, full: View): View {
  const span = Math.min(view.to - view.from, full.to - full.from);
  const from = Math.min(Math.max(view.from, full.from), full.to - span);
  return { from, to: from + span };
}

/** Moves the view by as little as shows `at`, with some room beside it. */
export function reveal(view: View, full: View, at: number): View {
  const room = (view.to - view.from) * 0.08;
  if (at < view.from + room) return within({ from: at - room, to: at - room + view.to - view.from }, full);
  if (at > view.to - room) return within({ from: at + room - (view.to - view.from), to: at + room }, full);
  return view;
}

export const toX = (view: View, width: number, at: number): number =>
  ((at - view.from) / (view.to - view.from)) * width;
export const fromX = (view: View, width: number, x: number): number => view.from + (x / width) * (view.to - view.from);

/** Where an event is on the axis: on time, between what happened to frames before and after it. */
export function seqToAxis(table: FrameTable, clock: Clock, axis: Axis, seq: Seq): number {
  if (axis === "seq") return seq;
  const at = countUpTo(clock.seqs, seq) - 1;
  return at < 0 ? 0 : seq >= table.lastSeq ? table.lastMs : (clock.ms[at] as number);
}

/** The last event at or before a place on the axis. */
export function axisToSeq(table: FrameTable, clock: Clock, axis: Axis, at: number): Seq {
  const limit = (seq: number) => Math.min(Math.max(seq, Math.min(1, table.lastSeq)), table.lastSeq);
  if (axis === "seq") return limit(Math.round(at));
  const found = countUpTo(clock.ms, at) - 1;
  return limit(found < 0 ? 1 : at >= table.lastMs ? table.lastSeq : (clock.seqs[found] as Seq));
}

/** Where a wait lies on the axis; one that goes on reaches to all that is known. */
export function reachOfWait(table: FrameTable, axis: Axis, wait: Wait): [number, number] {
  if (axis === "seq") return [wait.from, wait.to || table.lastSeq + 1];
  return [wait.fromMs, wait.to ? wait.toMs : table.lastMs];
}

/** When frames opened, waited, went on and closed, in event order. */
export interface Clock {
  seqs: Seq[];
  ms: number[];
}

export function clockOf(table: FrameTable): Clock {
  const marks: [Seq, number][] = [];
  for (let frame = 0; frame < table.length; frame++) {
    marks.push([table.opened[frame] as Seq, table.openedMs[frame] as number]);
    for (const { from, fromMs, to, toMs } of table.waitsOf(frame)) {
      marks.push([from, fromMs]);
      if (to) marks.push([to, toMs]);
    }
    if (table.closed[frame]) marks.push([table.closed[frame] as Seq, table.closedMs[frame] as number]);
  }
  marks.sort((a, b) => a[0] - b[0]);
  // A clock that was set back during the run must not turn the axis around.
  let latest = 0;
  const ms = marks.map(([, at]) => (latest = Math.max(latest, at)));
  return { seqs: marks.map(([seq]) => seq), ms };
}

interface Tick {
  at: number;
  label: string;
}

/** Marks at round numbers, about `apart` pixels from each other. */
export function ticks(view: View, width: number, axis: Axis, apart = 90): Tick[] {
  const step = roundStep(((view.to - view.from) / Math.max(width, 1)) * apart, axis);
  const marks: Tick[] = [];
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) {
    marks.push({ at, label: axis === "seq" ? String(Math.round(at)) : timeLabel(at, step) });
  }
  return marks;
}

const MS_STEPS = [60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000];

function roundStep(rough: number, axis: Axis): number {
  if (axis === "time" && rough > 30_000) {
    return MS_STEPS.find((step) => step >= rough) ?? Math.ceil(rough / 86_400_000) * 86_400_000;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-9)));
  const step = ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10) * power;
  return Math.max(step, 1);
}

function timeLabel(ms: number, step: number): string {
  if (ms === 0) return "0";
  if (step >= 60_000) return `${Math.floor(ms / 3_600_000)}:${pad(Math.floor(ms / 60_000) % 60)} h`;
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)}:${pad(Math.floor(ms / 1000) % 60)}`;
  if (step >= 1000) return `${Math.round(ms / 1000)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(step >= 100 ? 1 : step >= 10 ? 2 : 3)} s`;
  return `${Math.round(ms)} ms`;
}

const pad = (number: number) => String(number).padStart(2, "0");
