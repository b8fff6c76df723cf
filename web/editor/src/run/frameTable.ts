/**
 * Every frame of a run, as columns in opened order. It only grows and closes frames, so a live run is appended to
 * and nothing is computed twice. A frame is named here by its index; the journal names it by `opened[index]`.
 *
 * A *place* is a node inside the chain of loops and sub-workflows around it: two sub-workflows may both have a node
 * `start`, and they are not the same node.
 */
import type { NodeId, RunId, Seq, Status, TimelineColumns } from "../api/types";

export type FrameIndex = number;
export type PlaceIndex = number;

export interface Place {
  node: NodeId;
  /** The loop or sub-workflow around it; -1 at the root. */
  around: PlaceIndex;
  /** Its frames, in opened order. */
  frames: FrameIndex[];
  /** The places inside it, in the order in which they first opened. */
  inside: PlaceIndex[];
}

/** A frame that has just been opened or passed over. */
export interface Opening {
  node: NodeId;
  parent: FrameIndex;
  iteration: number;
  attempt: number;
  opened: Seq;
  openedMs: number;
}

/** Openings and closings in event order. */
export interface Changes {
  seqs: Seq[];
  /** The frame that opened; the complement of the frame that closed. */
  frames: number[];
  /** Differs when what was there before is not the beginning of what is there now. */
  order: number;
}

const FAILURES: ReadonlySet<Status> = new Set<Status>(["FAILED", "INTERRUPTED"]);
export const isFailure = (status: Status) => FAILURES.has(status);

const OPEN: ReadonlySet<Status> = new Set<Status>(["PENDING", "RUNNING", "WAITING"]);
export const isOpen = (status: Status) => OPEN.has(status);

export class FrameTable {
  readonly node: NodeId[] = [];
  readonly parent: FrameIndex[] = [];
  readonly iteration: number[] = [];
  readonly attempt: number[] = [];
  readonly opened: Seq[] = [];
  /** 0 while it is open. */
  readonly closed: Seq[] = [];
  readonly openedMs: number[] = [];
  /** -1 while it is open. */
  readonly closedMs: number[] = [];
  readonly status: Status[] = [];
  readonly place: PlaceIndex[] = [];
  readonly places: Place[] = [];
  /** The places at the root, in the order in which they first opened. */
  readonly roots: PlaceIndex[] = [];
  runStatus: Status = "PENDING";
  lastSeq: Seq = 0;
  /** Milliseconds from the start of the run to the last thing known. */
  lastMs = 0;
  /** Changes with every change, so that what was derived knows when it is old. */
  version = 0;
  /** For loops, how many iterations there are to be, as far as was said. */
  readonly planned = new Map<FrameIndex, number>();
  private changed: Changes = { seqs: [], frames: [], order: 0 };
  private isOrdered = true;
  private readonly placeByKey = new Map<string, PlaceIndex>();

  constructor(
    readonly run: RunId,
    readonly startedAt: string,
  ) {}

  static from(columns: TimelineColumns): FrameTable {
    const table = new FrameTable(columns.run, columns.startedAt);
    table.merge(columns);
    return table;
  }

  get length(): number {
    return this.opened.length;
  }

  /** Takes over frames that are new, and what became of those that were known. */
  merge(columns: TimelineColumns): void {
    for (let at = 0; at < columns.opened.length; at++) this.mergeOne(columns, at);
    this.runStatus = columns.runStatus;
    this.reach(columns.lastSeq, this.lastMs);
  }

  private mergeOne(columns: TimelineColumns, at: number): void {
    const opened = columns.opened[at] as Seq;
    const openedMs = columns.openedMs[at] as number;
    let frame = this.frameOpenedAt(opened);
    if (frame < 0) {
      const node = columns.nodes[columns.node[at] as number] as NodeId;
      const [parent, iteration] = [columns.parent[at] as number, columns.iteration[at] as number];
      frame = this.open({ node, parent, iteration, attempt: columns.attempt[at] as number, opened, openedMs });
    }
    const status = columns.statuses[columns.status[at] as number] as Status;
    const closed = columns.closed[at] as Seq;
    if (closed > 0) this.close(frame, closed, columns.closedMs[at] as number, status);
    else this.status[frame] = status;
  }

  /** Adds a frame that was opened after all that are known, and gives its index. */
  open(opening: Opening): FrameIndex {
    const frame = this.length;
    const place = this.placeOf(opening.node, opening.parent);
    this.node.push(opening.node);
    this.parent.push(opening.parent);
    this.iteration.push(opening.iteration);
    this.attempt.push(opening.attempt);
    this.opened.push(opening.opened);
    this.closed.push(0);
    this.openedMs.push(opening.openedMs);
    this.closedMs.push(-1);
    this.status.push("RUNNING");
    this.place.push(place);
    this.placeAt(place).frames.push(frame);
    this.note(opening.opened, frame);
    this.reach(opening.opened, opening.openedMs);
    return frame;
  }

  close(frame: FrameIndex, seq: Seq, ms: number, status: Status): void {
    this.closed[frame] = seq;
    this.closedMs[frame] = ms;
    this.status[frame] = status;
    this.note(seq, ~frame);
    this.reach(seq, ms);
  }

  /** Everything that opened or closed, in event order. */
  changes(): Changes {
    if (!this.isOrdered) {
      this.changed = { ...changesOf(this), order: this.changed.order + 1 };
      this.isOrdered = true;
    }
    return this.changed;
  }

  private note(seq: Seq, change: number): void {
    const { seqs, frames } = this.changed;
    if (seqs.length > 0 && seq < (seqs[seqs.length - 1] as Seq)) this.isOrdered = false;
    if (!this.isOrdered) return;
    seqs.push(seq);
    frames.push(change);
  }

  setStatus(frame: FrameIndex, status: Status): void {
    this.status[frame] = status;
    this.version++;
  }

  /** Something is known up to this event and moment. */
  reach(seq: Seq, ms: number): void {
    this.lastSeq = Math.max(this.lastSeq, seq);
    this.lastMs = Math.max(this.lastMs, ms);
    this.version++;
  }

  placeAt(place: PlaceIndex): Place {
    return this.places[place] as Place;
  }

  private placeOf(node: NodeId, parent: FrameIndex): PlaceIndex {
    const around = parent < 0 ? -1 : (this.place[parent] as PlaceIndex);
    const key = `${around} ${node}`;
    const known = this.placeByKey.get(key);
    if (known !== undefined) return known;
    const place = this.places.length;
    this.placeByKey.set(key, place);
    this.places.push({ node, around, frames: [], inside: [] });
    if (around < 0) this.roots.push(place);
    else this.placeAt(around).inside.push(place);
    return place;
  }

  /** The last frame that was opened at or before `seq`; -1 when there is none. */
  lastOpenedBy(seq: Seq): FrameIndex {
    return countUpTo(this.opened, seq) - 1;
  }

  /** The frame that this event opened; -1 when it opened none. */
  frameOpenedAt(seq: Seq): FrameIndex {
    const frame = this.lastOpenedBy(seq);
    return frame >= 0 && this.opened[frame] === seq ? frame : -1;
  }

  isOpenAt(frame: FrameIndex, seq: Seq): boolean {
    const closed = this.closed[frame] as Seq;
    return (this.opened[frame] as Seq) <= seq && (closed === 0 || closed > seq);
  }

  /** What the frame's status was after event `seq`. */
  statusAt(frame: FrameIndex, seq: Seq): Status {
    if ((this.opened[frame] as Seq) > seq) return "PENDING";
    const closed = this.closed[frame] as Seq;
    if (closed !== 0) return closed <= seq ? (this.status[frame] as Status) : "RUNNING";
    return this.status[frame] as Status;
  }
}

function changesOf(table: FrameTable): { seqs: Seq[]; frames: number[] } {
  const closings: FrameIndex[] = [];
  for (let frame = 0; frame < table.length; frame++) if (table.closed[frame]) closings.push(frame);
  closings.sort((a, b) => (table.closed[a] as Seq) - (table.closed[b] as Seq) || a - b);
  const [seqs, frames]: [Seq[], number[]] = [[], []];
  let next = 0;
  const closeBefore = (seq: Seq) => {
    for (; next < closings.length; next++) {
      const frame = closings[next] as FrameIndex;
      if ((table.closed[frame] as Seq) >= seq) return;
      seqs.push(table.closed[frame] as Seq);
      frames.push(~frame);
    }
  };
  for (let frame = 0; frame < table.length; frame++) {
    closeBefore(table.opened[frame] as Seq);
    seqs.push(table.opened[frame] as Seq);
    frames.push(frame);
  }
  closeBefore(Infinity);
  return { seqs, frames };
}

/** How many numbers of a sorted list are at most `most`. */
export function countUpTo(sorted: ArrayLike<number>, most: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}
