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

const NEVER: PlaceMoment = { frame: -1, status: "PENDING", opened: 0, running: 0, failed: 0 };

export class StatusCursor {
  /** By place; a place that has not been reached has none. */
  readonly moments: PlaceMoment[] = [];
  seq: Seq = 0;
  /** The number of changes that are applied. */
  private applied = 0;
  private order: number;
  /** For each frame, how many iterations of the frame around it had begun with it; and how many there are in all. */
  private begun: number[] = [];
  private known: number[] = [];

  constructor(private readonly table: FrameTable) {
    this.order = table.changes().order;
  }

  /** Moves to an event and gives the places whose moment changed. */
  moveTo(seq: Seq): Set<PlaceIndex> {
    const touched = new Set<PlaceIndex>();
    const { seqs, frames, order } = this.table.changes();
    if (order !== this.order) this.restart(order, touched);
    this.countIterations();
    const goal = countUpTo(seqs, seq);
    while (this.applied < goal) this.apply(frames[this.applied++] as number, touched);
    while (this.applied > goal) this.unapply(frames[--this.applied] as number, touched);
    this.seq = seq;
    return touched;
  }

  /** A frame that is open turned to waiting or back: its place is what it is now. */
  refresh(frame: FrameIndex): PlaceIndex {
    const [place, moment] = this.momentOf(frame);
    if (moment !== NEVER) this.set(place, moment);
    return place;
  }

  /** What was applied is no longer the beginning of what happened. */
  private restart(order: number, touched: Set<PlaceIndex>): void {
    this.moments.forEach((_, place) => touched.add(place));
    this.moments.length = 0;
    this.applied = 0;
    this.begun = [];
    this.known = [];
    this.order = order;
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
    this.moments[place] = { ...moment, progress: { begun, known: this.knownOf(around) } };
  }

  private begunBefore(frame: FrameIndex): number {
    const around = this.table.parent[frame];
    for (let earlier = frame - 1; earlier > (around ?? -1); earlier--) {
      if (this.table.parent[earlier] === around) return this.begun[earlier] as number;
    }
    return 0;
  }

  private countIterations(): void {
    for (let frame = this.begun.length; frame < this.table.length; frame++) {
      const around = this.table.parent[frame] as FrameIndex;
      const most = around < 0 ? 0 : Math.max(this.known[around] ?? 0, (this.table.iteration[frame] as number) + 1);
      this.begun.push(most);
      if (around >= 0) this.known[around] = most;
    }
  }

  private knownOf(loop: FrameIndex): number {
    return Math.max(this.known[loop] ?? 0, this.table.planned.get(loop) ?? 0);
  }
}
