/** The picture of a timeline on a canvas: ruler, lanes, bars, the moment. It decides nothing; it draws what it is given. */
import type { Seq, Status } from "../api/types";
import type { Tokens } from "../ui/tokens";
import type { Bar } from "./bars";
import type { FrameIndex } from "./frameTable";
import type { Lane } from "./lanes";
import { type Axis, endOf, startOf, ticks, toX, type View } from "./scale";
import type { Timeline } from "./timeline";

export const RULER = 26;
export const LANE = 26;
const BAR = 18;

export interface Scene {
  timeline: Timeline;
  axis: Axis;
  view: View;
  seq: Seq;
  /** The end is shown and moves: then nothing lies in the future. */
  isFollowing: boolean;
  selected: FrameIndex;
  hovered: FrameIndex;
  /** Frames that differ from the run it is compared with. */
  marked: ReadonlySet<Seq>;
  nameOf: (frame: FrameIndex) => string;
  width: number;
  height: number;
  /** How far the lanes are scrolled down. */
  scroll: number;
}

type Pen = CanvasRenderingContext2D;

export function draw(pen: Pen, scene: Scene, tokens: Tokens): void {
  pen.clearRect(0, 0, scene.width, scene.height);
  drawGrid(pen, scene, tokens);
  pen.save();
  pen.beginPath();
  pen.rect(0, RULER, scene.width, scene.height - RULER);
  pen.clip();
  drawLanes(pen, scene, tokens);
  pen.restore();
  drawFuture(pen, scene, tokens);
  drawFailures(pen, scene, tokens);
  drawMoment(pen, scene, tokens);
}

function drawGrid(pen: Pen, { view, width, height, axis }: Scene, tokens: Tokens): void {
  pen.font = `10.5px ${tokens.font}`;
  pen.textBaseline = "middle";
  for (const { at, label } of ticks(view, width, axis)) {
    const x = Math.round(toX(view, width, at)) + 0.5;
    pen.fillStyle = tokens.line;
    pen.fillRect(x, RULER - 5, 1, height);
    pen.fillStyle = tokens.inkSoft;
    const wide = pen.measureText(label).width;
    pen.fillText(label, Math.min(Math.max(x - wide / 2, 2), width - wide - 2), RULER / 2 - 2);
  }
  pen.fillStyle = tokens.line;
  pen.fillRect(0, RULER - 1, width, 1);
}

/** The lanes that can be seen: the first, and up to but not including the last. */
function lanesInSight(scene: Scene): [number, number] {
  const first = Math.max(Math.floor(scene.scroll / LANE), 0);
  const last = Math.ceil((scene.scroll + scene.height - RULER) / LANE);
  return [first, Math.min(last, scene.timeline.lanes.length)];
}

const topOf = (scene: Scene, lane: number) => RULER + lane * LANE - scene.scroll;

function drawLanes(pen: Pen, scene: Scene, tokens: Tokens): void {
  const { timeline, axis, view, width } = scene;
  const [first, last] = lanesInSight(scene);
  for (let at = first; at < last; at++) {
    const lane = timeline.lanes[at] as Lane;
    const top = topOf(scene, at);
    if (lane.depth % 2 === 1) {
      pen.fillStyle = tokens.raised;
      pen.globalAlpha = 0.55;
      pen.fillRect(0, top, width, LANE);
      pen.globalAlpha = 1;
    }
    const { own, inner } = timeline.bars(at, axis, view, width);
    for (const bar of own) drawBar(pen, scene, tokens, lane, bar, top);
    for (const bar of inner) drawInner(pen, tokens, bar, top);
  }
  drawMarks(pen, scene, tokens);
  outline(pen, scene, scene.hovered, tokens.lineStrong, 1);
  outline(pen, scene, scene.selected, tokens.focus, 2);
}

const isLoud = (status: Status) => status === "FAILED" || status === "INTERRUPTED";

function drawBar(pen: Pen, scene: Scene, tokens: Tokens, lane: Lane, bar: Bar, top: number): void {
  const { y, height } = rowBox(lane, bar.row, top);
  const x = Math.max(bar.x, -4);
  const width = Math.min(bar.x + bar.width, scene.width + 4) - x;
  const color = tokens.status[bar.status];
  pen.fillStyle = color;
  if (width < 5 || bar.frame < 0) {
    pen.globalAlpha = isLoud(bar.status) ? 1 : bar.status === "SKIPPED" ? 0.45 : 0.8;
    pen.fillRect(x, y, width, height);
    pen.globalAlpha = 1;
    return;
  }
  if (bar.status === "SKIPPED") return drawSkipped(pen, color, x, y, width, height);
  pen.globalAlpha = isLoud(bar.status) ? 0.3 : 0.18;
  box(pen, x, y, width, height);
  pen.fill();
  pen.globalAlpha = 1;
  for (const wait of bar.waits ?? []) drawWait(pen, scene, tokens, wait, y, height);
  pen.fillStyle = color;
  pen.fillRect(x, y, isLoud(bar.status) ? 4 : 2.5, height);
  drawName(pen, scene, tokens, bar, x, y, width, height);
}

/** Where a frame waited for a person or a moment, a band in the colour of waiting lies along the head of its bar. */
function drawWait(
  pen: Pen,
  { width }: Scene,
  tokens: Tokens,
  wait: { x: number; width: number },
  y: number,
  height: number,
): void {
  const x = Math.max(wait.x, -4);
  const wide = Math.min(wait.x + wait.width, width + 4) - x;
  if (wide <= 0) return;
  pen.fillStyle = tokens.status.WAITING;
  pen.globalAlpha = 0.2;
  pen.fillRect(x, y, wide, height);
  pen.globalAlpha = 1;
  pen.fillRect(x, y, wide, Math.min(3, height));
}

function drawSkipped(pen: Pen, color: string, x: number, y: number, width: number, height: number): void {
  pen.strokeStyle = color;
  pen.globalAlpha = 0.6;
  pen.setLineDash([3, 3]);
  box(pen, x + 0.5, y + 0.5, Math.max(width - 1, 1), height - 1);
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function drawName(
  pen: Pen,
  scene: Scene,
  tokens: Tokens,
  bar: Bar,
  x: number,
  y: number,
  width: number,
  height: number,
) {
  if (width < 28 || height < 12) return;
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width - 4, height);
  pen.clip();
  pen.fillStyle = tokens.ink;
  pen.font = `11px ${tokens.font}`;
  pen.textBaseline = "middle";
  pen.fillText(scene.nameOf(bar.frame), Math.max(x, 0) + 7, y + height / 2 + 0.5);
  pen.restore();
}

/** Frames of a folded loop: a band along the foot of the loop's bar. */
function drawInner(pen: Pen, tokens: Tokens, bar: Bar, top: number): void {
  const loud = isLoud(bar.status);
  const height = loud ? BAR : 6;
  pen.fillStyle = tokens.status[bar.status];
  pen.globalAlpha = loud ? 1 : bar.status === "SKIPPED" ? 0.35 : 0.85;
  const gap = bar.frame >= 0 && bar.width > 3 && !loud ? 1 : 0;
  pen.fillRect(bar.x, top + (LANE - BAR) / 2 + BAR - height, bar.width - gap, height);
  pen.globalAlpha = 1;
}

function rowBox(lane: Lane, row: number, top: number): { y: number; height: number } {
  const height = lane.rowCount > 1 ? (BAR + 4) / lane.rowCount - 1 : BAR;
  const first = top + (lane.rowCount > 1 ? 2 : (LANE - BAR) / 2);
  return { y: first + row * (height + 1), height };
}

/** The row of a lane under a height within it. */
export function rowUnder(lane: Lane, y: number): number {
  return Math.min(Math.max(Math.floor(((y - 2) / (LANE - 4)) * lane.rowCount), 0), lane.rowCount - 1);
}

function outline(pen: Pen, scene: Scene, frame: FrameIndex, color: string, thick: number): void {
  if (frame < 0) return;
  const { timeline, axis, view, width } = scene;
  const at = timeline.laneOf(frame);
  const lane = timeline.lanes[at];
  if (!lane) return;
  const row = lane.rows[lane.frames.indexOf(frame)];
  const { y, height } = rowBox(lane, row ?? 0, topOf(scene, at));
  const x = toX(view, width, startOf(timeline.table, axis, frame));
  const end = Math.max(toX(view, width, endOf(timeline.table, axis, frame)), x + 3);
  pen.strokeStyle = color;
  pen.lineWidth = thick;
  box(pen, x - 1, y - 1, end - x + 2, height + 2);
  pen.stroke();
  pen.lineWidth = 1;
}

/** What differs from the other run has a wedge at its corner. */
function drawMarks(pen: Pen, scene: Scene, tokens: Tokens): void {
  const { timeline, axis, view, width } = scene;
  pen.fillStyle = tokens.changed;
  for (const opened of scene.marked) {
    const frame = timeline.table.frameOpenedAt(opened);
    if (frame < 0) continue;
    const x = toX(view, width, startOf(timeline.table, axis, frame));
    if (x < -8 || x > width) continue;
    const top = topOf(scene, timeline.laneOf(frame)) + 1;
    pen.beginPath();
    pen.moveTo(x - 1, top);
    pen.lineTo(x + 8, top);
    pen.lineTo(x - 1, top + 9);
    pen.fill();
  }
}

/** What has not happened yet at this moment is pale; it is known, for the run is over, but it is not now. */
function drawFuture(pen: Pen, scene: Scene, tokens: Tokens): void {
  const { timeline, axis, view, width, height, seq } = scene;
  if (scene.isFollowing || seq >= timeline.table.lastSeq) return;
  const x = toX(view, width, timeline.seqToAxis(axis, seq));
  if (x >= width) return;
  pen.fillStyle = tokens.surface;
  pen.globalAlpha = 0.6;
  pen.fillRect(Math.max(x, 0), RULER, width - Math.max(x, 0), height - RULER);
  pen.globalAlpha = 1;
}

/** Every failure has its mark on the ruler, whatever lane is scrolled away; where they crowd, a thin one. */
function drawFailures(pen: Pen, { timeline, axis, view, width }: Scene, tokens: Tokens): void {
  const places = new Set<number>();
  for (const seq of timeline.stops.failures) {
    const x = Math.round(toX(view, width, timeline.seqToAxis(axis, seq)));
    if (x >= 0 && x <= width) places.add(x);
  }
  pen.fillStyle = tokens.status.FAILED;
  if (places.size > width / 14) {
    for (const x of places) pen.fillRect(x, RULER - 6, 1, 5);
    return;
  }
  for (const x of places) {
    pen.beginPath();
    pen.moveTo(x - 3.5, RULER - 8);
    pen.lineTo(x + 3.5, RULER - 8);
    pen.lineTo(x, RULER - 1);
    pen.fill();
  }
}

function drawMoment(pen: Pen, scene: Scene, tokens: Tokens): void {
  const { timeline, axis, view, width, height, seq } = scene;
  const x = toX(view, width, timeline.seqToAxis(axis, seq));
  if (x < -1 || x > width + 1) return;
  pen.fillStyle = tokens.accent;
  pen.fillRect(Math.round(x) - 0.75, RULER - 6, 1.5, height - RULER + 6);
  const label = String(seq);
  pen.font = `600 10.5px ${tokens.font}`;
  const wide = pen.measureText(label).width + 10;
  const left = Math.min(Math.max(x - wide / 2, 0), width - wide);
  box(pen, left, 2, wide, 16);
  pen.fill();
  pen.fillStyle = tokens.surface;
  pen.textBaseline = "middle";
  pen.fillText(label, left + 5, 10.5);
}

function box(pen: Pen, x: number, y: number, width: number, height: number): void {
  pen.beginPath();
  pen.roundRect(x, y, Math.max(width, 0), Math.max(height, 0), Math.min(3, width / 2, height / 2));
}
