/**
 * What every node was doing after an event, kept while the event moves. A step forward or back applies only what
 * happened between the two, so holding an arrow key costs the same in a run of ten frames and of ten thousand.
 */
import type { Seq, Status } from "../api/types";
import { countUpTo, type FrameIndex, type FrameTable, type PlaceIndex } from "./frameTable";

export interface PlaceMoment {
  /** The frame that was opened last, at that event. */
  frame: FrameIndex;
  status: Status;
  opened: number;
  running: number;
  failed: number;
  /** For a loop: how many iterations of its last frame had begun, and how many there are as far as known. */
  progress?: { begun: number; known: number };
}

/** Openings and closings in event order; a closing is written as the complement of its frame. */
interface Changes {
  seqs: Seq[];
  frames: number[];
  version: number;
}

const NEVER: PlaceMoment = { frame: -1, status: "PENDING", opened: 0, running: 0, failed: 0 };

export class StatusCursor {
  /** By place; a place that has not been reached has none. */
  readonly moments: PlaceMoment[] = [];
  seq: Seq = 0;
  private changes: Changes;
  /** The number of changes that are applied. */
  private applied = 0;
  /** For each frame, how many iterations of the frame around it had begun with it; and how many there are in all. */
  private begun: number[] = [];
  private known: number[] = [];

  constructor(private readonly table: FrameTable) {
    this.changes = changesOf(table);
    this.countIterations();
  }

  /** Moves to an event and gives the places whose moment changed. */
  moveTo(seq: Seq): Set<PlaceIndex> {
    const touched = new Set<PlaceIndex>();
    if (this.changes.version !== this.table.version) this.renew(touched);
    const goal = countUpTo(this.changes.seqs, seq);
    while (this.applied < goal) this.apply(this.changes.frames[this.applied++] as number, touched);
    while (this.applied > goal) this.unapply(this.changes.frames[--this.applied] as number, touched);
    this.seq = seq;
    return touched;
  }

  /** The table has grown: starts again, which costs one pass over the frames. */
  private renew(touched: Set<PlaceIndex>): void {
    this.moments.forEach((_, place) => touched.add(place));
    this.moments.length = 0;
    this.applied = 0;
    this.changes = changesOf(this.table);
    this.countIterations();
  }

  private apply(change: number, touched: Set<PlaceIndex>): void {
    const frame = change < 0 ? ~change : change;
    const [place, moment] = this.momentOf(frame);
    touched.add(place);
    if (change >= 0) {
      const running = moment.running + 1;
      this.set(place, { ...moment, frame, opened: moment.opened + 1, running });
      this.setProgress(frame, this.begun[frame] as number, touched);
    } else this.set(place, { ...moment, running: moment.running - 1, failed: moment.failed + this.failure(frame) });
  }

  private unapply(change: number, touched: Set<PlaceIndex>): void {
    const frame = change < 0 ? ~change : change;
    const [place, moment] = this.momentOf(frame);
    touched.add(place);
    if (change >= 0) {
      const running = moment.running - 1;
      const { frames } = this.table.placeAt(place);
      const opened = moment.opened - 1;
      this.set(place, { ...moment, frame: frames[opened - 1] ?? -1, opened, running });
      this.setProgress(frame, this.begunBefore(frame), touched);
    } else this.set(place, { ...moment, running: moment.running + 1, failed: moment.failed - this.failure(frame) });
  }

  private momentOf(frame: FrameIndex): [PlaceIndex, PlaceMoment] {
    const place = this.table.place[frame] as PlaceIndex;
    return [place, this.moments[place] ?? NEVER];
  }

  private failure(frame: FrameIndex): number {
    return this.table.status[frame] === "FAILED" ? 1 : 0;
  }

  private set(place: PlaceIndex, moment: PlaceMoment): void {
    this.moments[place] = { ...moment, status: this.statusOf(moment) };
  }

  /** A node is open while one of its frames is; then it is what its last frame became. */
  private statusOf(moment: PlaceMoment): Status {
    if (moment.frame < 0) return "PENDING";
    const latest = this.table.status[moment.frame] as Status;
    if (moment.running === 0) return latest;
    return latest === "WAITING" && !this.table.closed[moment.frame] ? "WAITING" : "RUNNING";
  }

  private setProgress(frame: FrameIndex, begun: number, touched: Set<PlaceIndex>): void {
    const around = this.table.parent[frame] as FrameIndex;
    if (around < 0 || (this.table.iteration[frame] as number) < 0) return;
    const [place, moment] = this.momentOf(around);
    if (moment.frame !== around) return;
    touched.add(place);
    this.moments[place] = { ...moment, progress: { begun, known: this.known[around] ?? 0 } };
  }

  private begunBefore(frame: FrameIndex): number {
    const around = this.table.parent[frame];
    for (let earlier = frame - 1; earlier > (around ?? -1); earlier--) {
      if (this.table.parent[earlier] === around) return this.begun[earlier] as number;
    }
    return 0;
  }

  private countIterations(): void {
    this.begun.length = 0;
    this.known = [];
    for (let frame = 0; frame < this.table.length; frame++) {
      const around = this.table.parent[frame] as FrameIndex;
      const most = around < 0 ? 0 : Math.max(this.known[around] ?? 0, (this.table.iteration[frame] as number) + 1);
      this.begun.push(most);
      if (around >= 0) this.known[around] = most;
    }
  }
}

function changesOf(table: FrameTable): Changes {
  const closings: FrameIndex[] = [];
  for (let frame = 0; frame < table.length; frame++) if (table.closed[frame]) closings.push(frame);
  closings.sort((a, b) => (table.closed[a] as Seq) - (table.closed[b] as Seq) || a - b);
  const [seqs, frames]: [Seq[], number[]] = [[], []];
  let next = 0;
  const close = (upTo: Seq) => {
    for (; next < closings.length; next++) {
      const frame = closings[next] as FrameIndex;
      const seq = table.closed[frame] as Seq;
      if (seq >= upTo) return;
      seqs.push(seq);
      frames.push(~frame);
    }
  };
  for (let frame = 0; frame < table.length; frame++) {
    const opened = table.opened[frame] as Seq;
    close(opened);
    seqs.push(opened);
    frames.push(frame);
  }
  close(Infinity);
  return { seqs, frames, version: table.version };
}
