/**
 * What every node was doing after an event, kept while the event moves. A step forward or back applies only what
 * happened between the two, so holding an arrow key costs the same in a run of ten frames and of ten thousand.
 */
import type { Seq, Status } from "../api/types";
import {
  type ChangeKind,
  type Changes,
  countUpTo,
  type FrameIndex,
  type FrameTable,
  type PlaceIndex,
} from "./frameTable";

export interface PlaceMoment {
  /** The frame that was opened last, at that event. */
  frame: FrameIndex;
  /** The status of that frame then: what the service's snapshot of this event says of the node. */
  status: Status;
  opened: number;
  /** How many of its frames were open, and how many of those waited for a person or a moment. */
  open: number;
  waiting: number;
  failed: number;
  /** For a loop: how many iterations of its last frame had begun, and how many there are as far as known. */
  progress?: { begun: number; known: number };
}

const NEVER: PlaceMoment = { frame: -1, status: "PENDING", opened: 0, open: 0, waiting: 0, failed: 0 };

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
    const changes = this.table.changes();
    if (changes.order !== this.order) this.restart(changes.order, touched);
    this.countIterations();
    this.seq = seq;
    const goal = countUpTo(changes.seqs, seq);
    while (this.applied < goal) this.apply(changes, this.applied++, touched);
    while (this.applied > goal) this.unapply(changes, --this.applied, touched);
    return touched;
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

  private apply({ frames, kinds }: Changes, at: number, touched: Set<PlaceIndex>): void {
    const frame = frames[at] as FrameIndex;
    const kind = kinds[at] as ChangeKind;
    const [place, moment] = this.momentOf(frame);
    touched.add(place);
    if (kind === "opened") {
      this.set(place, { ...moment, frame, opened: moment.opened + 1, open: moment.open + 1 });
      this.setProgress(frame, this.begun[frame] as number, touched);
    } else this.set(place, this.moved(moment, frame, kind, 1));
  }

  private unapply({ frames, kinds }: Changes, at: number, touched: Set<PlaceIndex>): void {
    const frame = frames[at] as FrameIndex;
    const kind = kinds[at] as ChangeKind;
    const [place, moment] = this.momentOf(frame);
    touched.add(place);
    if (kind === "opened") {
      const opened = moment.opened - 1;
      const before = this.table.placeAt(place).frames[opened - 1] ?? -1;
      this.set(place, { ...moment, frame: before, opened, open: moment.open - 1 });
      this.setProgress(frame, this.begunBefore(frame), touched);
    } else this.set(place, this.moved(moment, frame, kind, -1));
  }

  /** One change of an open frame on (1), or back (-1). */
  private moved(moment: PlaceMoment, frame: FrameIndex, kind: ChangeKind, by: 1 | -1): PlaceMoment {
    if (kind === "waits") return { ...moment, waiting: moment.waiting + by };
    if (kind === "goesOn") return { ...moment, waiting: moment.waiting - by };
    return { ...moment, open: moment.open - by, failed: moment.failed + by * this.failure(frame) };
  }

  private momentOf(frame: FrameIndex): [PlaceIndex, PlaceMoment] {
    const place = this.table.place[frame] as PlaceIndex;
    return [place, this.moments[place] ?? NEVER];
  }

  private failure(frame: FrameIndex): number {
    return this.table.status[frame] === "FAILED" ? 1 : 0;
  }

  private set(place: PlaceIndex, moment: PlaceMoment): void {
    const status = moment.frame < 0 ? "PENDING" : this.table.statusAt(moment.frame, this.seq);
    this.moments[place] = { ...moment, status };
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

  /** How far a loop was; how many rounds it has can become known after it was passed. */
  progressOf(place: PlaceIndex): PlaceMoment["progress"] {
    const moment = this.moments[place];
    return moment?.progress && { begun: moment.progress.begun, known: this.knownOf(moment.frame) };
  }

  private knownOf(loop: FrameIndex): number {
    return Math.max(this.known[loop] ?? 0, this.table.planned.get(loop) ?? 0);
  }
}
