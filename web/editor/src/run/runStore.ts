/**
 * The run that is shown and the moment of it that is shown. All moments are known here, so moving between them asks
 * nobody: node statuses follow from the columns, and only values are fetched.
 */
import { create } from "zustand";
import type { NodeId, RunDetail, RunId, Seq, Workflow } from "../api/types";
import { getForks, getFrame, getRun, getRunWorkflow, getTimeline } from "./api";
import { follow } from "./follow";
import { FrameCache } from "./frameCache";
import { FrameTable, isOpen } from "./frameTable";
import { LiveFold, type Recorded } from "./live";
import { planLoops } from "./loopPlan";
import { NodeStatuses } from "./nodeStatuses";
import { type Leaving, leavingsOf } from "./pauses";
import type { Axis, View } from "./scale";
import { clearRunStatus } from "./statusStore";
import { Timeline } from "./timeline";
import { forgetRecorded, forgetWords, hearPiece } from "./words";

export interface Watched {
  timeline: Timeline;
  statuses: NodeStatuses;
  cache: FrameCache;
  workflow: Workflow | null;
}

interface RunState {
  run: RunId | null;
  watched: Watched | null;
  detail: RunDetail | null;
  error: Error | null;
  /** The last event that is included in what is shown. */
  seq: Seq;
  /** The end is shown, and moves as the run goes on. */
  isFollowing: boolean;
  /** The node whose frame is looked at; with none, the frame of the moment is. */
  node: NodeId | null;
  axis: Axis;
  /** The part of the run in view; all of it when null. */
  view: View | null;
  isPlaying: boolean;
  speed: number;
  isConnected: boolean;
  /** Changes when the frames do: they grow in place. */
  version: number;
}

const CLOSED: RunState = {
  run: null,
  watched: null,
  detail: null,
  error: null,
  seq: 0,
  isFollowing: false,
  node: null,
  axis: "seq",
  view: null,
  isPlaying: false,
  speed: 1,
  isConnected: true,
  version: 0,
};

export const useRun = create<RunState>(() => CLOSED);

const set = useRun.setState;
const now = useRun.getState;

let stop: (() => void) | null = null;
let planning: AbortController | null = null;

/** Opens a run at an event, or at its end, which is then followed. */
export async function openRun(run: RunId, seq: Seq | null = null, node: NodeId | null = null): Promise<void> {
  closeRun();
  const { axis, speed } = now();
  set({ ...CLOSED, axis, speed, run, node });
  try {
    // The columns come last: what is recorded meanwhile is then in them or in the stream, and nothing in between.
    const [detail, workflow] = await Promise.all([getRun(run), getRunWorkflow(run).catch(() => null)]);
    const leavings = await readLeavings(detail);
    const table = FrameTable.from(await getTimeline(run, 0), leavings);
    if (now().run !== run) return;
    begin(table, workflow, detail, seq);
  } catch (error) {
    if (now().run === run) set({ error: error instanceof Error ? error : new Error(String(error)) });
  }
}

async function readLeavings({ run, forkOf, started }: RunDetail): Promise<Leaving[]> {
  if (!forkOf) return [];
  const own = [{ at: forkOf.at, started }];
  return getForks(run).then(
    (tree) => leavingsOf(tree, run),
    () => own,
  );
}

function begin(table: FrameTable, workflow: Workflow | null, detail: RunDetail, seq: Seq | null): void {
  const timeline = new Timeline(table, workflow?.graph ?? null);
  const statuses = new NodeStatuses(table, workflow);
  const watched = { timeline, statuses, workflow, cache: new FrameCache(table.run, frameOf(table)) };
  const shown = seq === null ? table.lastSeq : Math.min(Math.max(seq, 1), table.lastSeq);
  set({ watched, detail, seq: shown, isFollowing: seq === null, version: table.version });
  statuses.showAll(shown);
  if (isOpen(table.runStatus)) watch(table);
  void plan(watched);
}

/** Rounds that never began are told after the rest is shown. */
async function plan({ timeline: { table }, statuses }: Watched): Promise<void> {
  planning = new AbortController();
  const { signal } = planning;
  if (!(await planLoops(table, signal)) || signal.aborted) return;
  statuses.showLoops(now().seq);
  set({ version: ++table.version });
}

/** A frame that lies across the beginning of a fork took as long as it worked. */
const frameOf = (table: FrameTable) => async (run: RunId, opened: Seq) => {
  const frame = await getFrame(run, opened);
  const pause = frame.closedSeq === null ? 0 : table.pauses.between(opened, frame.closedSeq);
  if (pause > 0) frame.metrics.durationMs = Math.max(frame.metrics.durationMs - pause, 0);
  return frame;
};

export function closeRun(): void {
  stop?.();
  stop = null;
  planning?.abort();
  cancelAnimationFrame(drawing);
  drawing = 0;
  if (now().run !== null) clearRunStatus();
  forgetWords();
  set({ ...CLOSED, axis: now().axis, speed: now().speed });
}

/** Follows the stream; what cannot be placed is read from the columns instead. */
function watch(table: FrameTable): void {
  const fold = new LiveFold(table);
  let rereading: Promise<void> | null = null;
  const reread = (from: Seq) => {
    rereading ??= getTimeline(table.run, from)
      .then((columns) => {
        table.merge(columns);
        changed();
      })
      .catch(() => undefined)
      .finally(() => (rereading = null));
  };
  const nodeOf = (opened: Seq) => table.node[table.frameOpenedAt(opened)] ?? null;
  stop = follow(table.run, table.lastSeq, {
    heard(recorded) {
      if (fold.take(recorded)) changed();
      else reread(table.lastSeq);
      forgetRecorded(recorded);
      if (mattersToDetail(recorded)) refreshDetailSoon(table.run);
    },
    said: (piece) => hearPiece(piece, nodeOf),
    reread,
    ended() {
      stop = null;
      forgetWords();
      reread(0);
      void refreshDetail(table.run);
    },
    connected: (isConnected) => set({ isConnected }),
  });
}

const mattersToDetail = ({ event }: Recorded) =>
  event.type === "runClosed" ||
  (event.type === "effectRequested" && event.effect.kind === "signal") ||
  event.type === "effectAnswered" ||
  (event.type === "frameClosed" && (typeof event.ending === "string" || !("completed" in event.ending)));

let detailTimer: ReturnType<typeof setTimeout> | undefined;

function refreshDetailSoon(run: RunId): void {
  clearTimeout(detailTimer);
  detailTimer = setTimeout(() => void refreshDetail(run), 150);
}

/** Reads again what the run waits for and how it stands. */
export async function refreshDetail(run: RunId): Promise<void> {
  const detail = await getRun(run).catch(() => null);
  const { watched } = now();
  if (!detail || !watched || now().run !== run) return;
  watched.timeline.table.runStatus = detail.status;
  set({ detail });
  if (isOpen(detail.status) && !stop) watch(watched.timeline.table);
}

let drawing = 0;

/** The frames grew: at most once a drawn picture, everything that follows from them is shown. */
function changed(): void {
  if (drawing) return;
  drawing = requestAnimationFrame(() => {
    drawing = 0;
    const { watched, isFollowing, seq } = now();
    if (!watched) return;
    const { table } = watched.timeline;
    const shown = isFollowing ? table.lastSeq : seq;
    watched.statuses.show(shown);
    set({ seq: shown, version: table.version });
  });
}

/** Shows the moment after an event. */
export function goTo(seq: Seq): void {
  const { watched } = now();
  if (!watched) return;
  const { lastSeq } = watched.timeline.table;
  const shown = Math.min(Math.max(seq, Math.min(1, lastSeq)), lastSeq);
  watched.statuses.show(shown);
  set({ seq: shown, isFollowing: shown === lastSeq && isOpen(watched.timeline.table.runStatus) });
}

export const lookAt = (node: NodeId | null) => set({ node });
export const setView = (view: View | null) => set({ view });
export const setAxis = (axis: Axis) => set({ axis, view: null });
export const setSpeed = (speed: number) => set({ speed });
