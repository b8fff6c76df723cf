/** How a person moves through a run: by frames, attempts and failures, and by letting it play. */
import type { Seq } from "../api/types";
import type { FrameIndex } from "./frameTable";
import { goTo, lookAt, useRun } from "./runStore";
import { after, before, frameAt, sibling, stopOf } from "./stops";

const watchedNow = () => {
  const { watched, seq, node } = useRun.getState();
  return watched && { ...watched, seq, node };
};

/** The frame that is looked at; -1 when there is none. */
export function currentFrame(): FrameIndex {
  const shown = watchedNow();
  return shown ? frameAt(shown.timeline.table, shown.timeline.stops, shown.seq, shown.node) : -1;
}

/** One frame back or on. What is looked at follows the moment again. */
export function step(direction: -1 | 1): void {
  const shown = watchedNow();
  if (!shown) return;
  const { seqs } = shown.timeline.stops;
  const next = direction < 0 ? before(seqs, shown.seq) : after(seqs, shown.seq);
  lookAt(null);
  if (next !== undefined) goTo(next);
  else if (direction < 0) goTo(1);
  else goTo(shown.timeline.table.lastSeq);
}

/** To another attempt or iteration of the node that is looked at. */
export function stepAttempt(direction: -1 | 1): void {
  const shown = watchedNow();
  const frame = currentFrame();
  if (!shown || frame < 0) return;
  const other = sibling(shown.timeline.table, frame, direction);
  if (other === undefined) return;
  if (shown.node !== null) lookAt(shown.timeline.nodeOf(other));
  goTo(stopOf(shown.timeline.table, other));
}

export function stepFailure(direction: -1 | 1): void {
  const shown = watchedNow();
  if (!shown) return;
  const { failures } = shown.timeline.stops;
  const next = direction < 0 ? before(failures, shown.seq) : after(failures, shown.seq);
  if (next === undefined) return;
  lookAt(null);
  goTo(next);
}

export const toStart = () => goTo(1);
export const toEnd = () => goTo(Infinity);

/** Shows a frame: the moment at which it had ended, or, while it is open, had begun. */
export function showFrame(frame: FrameIndex): void {
  const shown = watchedNow();
  if (!shown || frame < 0) return;
  lookAt(null);
  goTo(stopOf(shown.timeline.table, frame));
}

/** Shows the frame that this event opened, as a search or a difference names it. */
export function showOpened(opened: Seq): void {
  const shown = watchedNow();
  if (shown) showFrame(shown.timeline.table.frameOpenedAt(opened));
}

export const SPEEDS = [0.5, 1, 2, 4, 8, 16];
/** When events are the axis there is no time to keep to: so many frames a second at speed 1. */
const FRAMES_A_SECOND = 4;

let playing = 0;

export function togglePlay(): void {
  if (useRun.getState().isPlaying) pause();
  else play();
}

export function pause(): void {
  cancelAnimationFrame(playing);
  useRun.setState({ isPlaying: false });
}

function play(): void {
  const shown = watchedNow();
  if (!shown) return;
  if (shown.seq >= shown.timeline.table.lastSeq) goTo(1);
  useRun.setState({ isPlaying: true });
  let last = performance.now();
  let due = 0;
  const tick = (at: number) => {
    const { isPlaying, speed, axis } = useRun.getState();
    if (!isPlaying) return;
    due += ((at - last) / 1000) * speed;
    last = at;
    due = axis === "time" ? playTime(due) : playFrames(due);
    playing = requestAnimationFrame(tick);
  };
  playing = requestAnimationFrame(tick);
}

/** Plays as many frames as are due, and gives the part of a second that is left. */
function playFrames(due: number): number {
  const shown = watchedNow();
  const count = Math.floor(due * FRAMES_A_SECOND);
  if (!shown || count === 0) return due;
  const { seqs } = shown.timeline.stops;
  let { seq } = shown;
  for (let played = 0; played < count; played++) seq = after(seqs, seq) ?? shown.timeline.table.lastSeq;
  lookAt(null);
  arrive(seq);
  return due - count / FRAMES_A_SECOND;
}

/** Plays as much recorded time as is due. */
function playTime(due: number): number {
  const shown = watchedNow();
  if (!shown) return due;
  const { timeline } = shown;
  const reached = timeline.seqToAxis("time", shown.seq) + due * 1000;
  const seq = timeline.axisToSeq("time", reached);
  if (seq <= shown.seq) return due;
  lookAt(null);
  arrive(seq);
  return (reached - timeline.seqToAxis("time", seq)) / 1000;
}

function arrive(seq: Seq): void {
  goTo(seq);
  const { watched, isFollowing } = useRun.getState();
  if (watched && seq >= watched.timeline.table.lastSeq && !isFollowing) pause();
}
