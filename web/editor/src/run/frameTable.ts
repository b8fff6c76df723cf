/**
 * Every frame of a run, as columns in opened order. It only grows and closes frames, so a live run is appended to
 * and nothing is computed twice. A frame is named here by its index; the journal names it by `opened[index]`.
 *
 * A *place* is a node inside the chain of loops and sub-workflows around it: two sub-workflows may both have a node
 * `start`, and they are not the same node.
 */
import type { NodeId, RunId, Seq, Status, TimelineColumns } from "../api/types";
import { type Leaving, Pauses } from "./pauses";

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

/** A stretch in which a frame waited for a person or a moment: from an event on, up to before another; 0 is no end yet. */
export interface Wait {
  from: Seq;
  to: Seq;
  fromMs: number;
  /** -1 is no end yet. */
  toMs: number;
}

export type ChangeKind = "opened" | "waits" | "goesOn" | "closed";

/** What happened to frames, in event order. */
export interface Changes {
  seqs: Seq[];
  frames: FrameIndex[];
  kinds: ChangeKind[];
  /** Differs when what was there before is not the beginning of what is there now. */
  order: number;
}

const FAILURES: ReadonlySet<Status> = new Set<Status>(["FAILED", "INTERRUPTED"]);
export const isFailure = (status: Status) => FAILURES.has(status);

const OPEN: ReadonlySet<Status> = new Set<Status>(["PENDING", "RUNNING", "WAITING"]);
export const isOpen = (status: Status) => OPEN.has(status);

const NO_WAITS: readonly Wait[] = [];

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
  /** Milliseconds of work from the start of the run to the last thing known. */
  lastMs = 0;
  /** Changes with every change, so that what was derived knows when it is old. */
  version = 0;
  /** For loops, how many iterations there are to be, as far as was said. */
  readonly planned = new Map<FrameIndex, number>();
  /** What was no work: all times here are without it. */
  readonly pauses: Pauses;
  /** Most frames never wait, so only those that did are here. */
  private readonly waits = new Map<FrameIndex, Wait[]>();
  private changed: Changes = { seqs: [], frames: [], kinds: [], order: 0 };
  private isOrdered = true;
  private readonly placeByKey = new Map<string, PlaceIndex>();

  constructor(
    readonly run: RunId,
    readonly startedAt: string,
    leavings: readonly Leaving[] = [],
  ) {
    this.pauses = new Pauses(leavings, startedAt);
  }

  /** `leavings`: where this run, when it is a fork, left its past. */
  static from(columns: TimelineColumns, leavings: readonly Leaving[] = []): FrameTable {
    const table = new FrameTable(columns.run, columns.startedAt, leavings);
    table.merge(columns);
    return table;
  }

  get length(): number {
    return this.opened.length;
  }

  /** Takes over frames that are new, and what became of those that were known. */
  merge(columns: TimelineColumns): void {
    this.notePauses(columns);
    for (let at = 0; at < columns.opened.length; at++) this.mergeOne(columns, at);
    for (let at = 0; at < columns.waitOf.length; at++) this.mergeWait(columns, at);
    this.runStatus = columns.runStatus;
    this.reach(columns.lastSeq, this.lastMs);
  }

  private notePauses({ opened, openedMs, closed, closedMs, waitFrom, waitFromMs }: TimelineColumns): void {
    for (let at = 0; at < opened.length; at++) {
      this.pauses.note(opened[at] as Seq, openedMs[at] as number);
      if (closed[at]) this.pauses.note(closed[at] as Seq, closedMs[at] as number);
    }
    waitFrom.forEach((from, at) => this.pauses.note(from, waitFromMs[at] as number));
  }

  private mergeOne(columns: TimelineColumns, at: number): void {
    const opened = columns.opened[at] as Seq;
    const openedMs = this.pauses.worked(opened, columns.openedMs[at] as number);
    let frame = this.frameOpenedAt(opened);
    if (frame < 0) {
      const node = columns.nodes[columns.node[at] as number] as NodeId;
      const [parent, iteration] = [columns.parent[at] as number, columns.iteration[at] as number];
      frame = this.open({ node, parent, iteration, attempt: columns.attempt[at] as number, opened, openedMs });
    }
    const status = columns.statuses[columns.status[at] as number] as Status;
    const closed = columns.closed[at] as Seq;
    if (closed === 0) this.status[frame] = status;
    else if (this.closed[frame] !== closed)
      this.close(frame, closed, this.pauses.worked(closed, columns.closedMs[at] as number), status);
  }

  private mergeWait(columns: TimelineColumns, at: number): void {
    const frame = this.frameOpenedAt(columns.waitOf[at] as Seq);
    const [from, to] = [columns.waitFrom[at] as Seq, columns.waitTo[at] as Seq];
    const fromMs = this.pauses.worked(from, columns.waitFromMs[at] as number);
    const toMs = to ? this.pauses.worked(to, columns.waitToMs[at] as number) : -1;
    const known = this.waitsOf(frame).find((wait) => wait.from === from);
    if (known?.to === to) return;
    if (known) Object.assign(known, { to, toMs });
    else this.waits.set(frame, [...this.waitsOf(frame), { from, to, fromMs, toMs }]);
    this.isOrdered = false;
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
    this.note(opening.opened, frame, "opened");
    this.reach(opening.opened, opening.openedMs);
    return frame;
  }

  close(frame: FrameIndex, seq: Seq, ms: number, status: Status): void {
    this.goOn(frame, seq, ms);
    this.closed[frame] = seq;
    this.closedMs[frame] = ms;
    this.status[frame] = status;
    this.note(seq, frame, "closed");
    this.reach(seq, ms);
  }

  /** From this event on the frame waits for a person or a moment. */
  wait(frame: FrameIndex, seq: Seq, ms: number): void {
    if (this.lastWait(frame)?.to === 0) return;
    this.waits.set(frame, [...this.waitsOf(frame), { from: seq, to: 0, fromMs: ms, toMs: -1 }]);
    this.status[frame] = "WAITING";
    this.note(seq, frame, "waits");
    this.version++;
  }

  /** From this event on the frame waits no longer, if it did. */
  goOn(frame: FrameIndex, seq: Seq, ms: number): void {
    const wait = this.lastWait(frame);
    if (wait?.to !== 0) return;
    Object.assign(wait, { to: seq, toMs: ms });
    this.status[frame] = "RUNNING";
    this.note(seq, frame, "goesOn");
    this.version++;
  }

  waitsOf(frame: FrameIndex): readonly Wait[] {
    return this.waits.get(frame) ?? NO_WAITS;
  }

  private lastWait(frame: FrameIndex): Wait | undefined {
    const waits = this.waits.get(frame);
    return waits?.[waits.length - 1];
  }

  /** Everything that happened to frames, in event order. */
  changes(): Changes {
    if (!this.isOrdered) {
      this.changed = { ...changesOf(this), order: this.changed.order + 1 };
      this.isOrdered = true;
    }
    return this.changed;
  }

  private note(seq: Seq, frame: FrameIndex, kind: ChangeKind): void {
    const { seqs, frames, kinds } = this.changed;
    if (seqs.length > 0 && seq < (seqs[seqs.length - 1] as Seq)) this.isOrdered = false;
    if (!this.isOrdered) return;
    seqs.push(seq);
    frames.push(frame);
    kinds.push(kind);
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
    if (!this.isOpenAt(frame, seq)) return this.status[frame] as Status;
    const waits = this.waitsOf(frame).some(({ from, to }) => from <= seq && (to === 0 || to > seq));
    return waits ? "WAITING" : "RUNNING";
  }
}

interface Change {
  seq: Seq;
  frame: FrameIndex;
  kind: ChangeKind;
}

/** Openings are in order as they are; the rest is sorted and goes between them. */
function changesOf(table: FrameTable): Omit<Changes, "order"> {
  const rest: Change[] = [];
  for (let frame = 0; frame < table.length; frame++) {
    for (const { from, to } of table.waitsOf(frame)) {
      rest.push({ seq: from, frame, kind: "waits" });
      if (to > 0) rest.push({ seq: to, frame, kind: "goesOn" });
    }
    const closed = table.closed[frame] as Seq;
    if (closed > 0) rest.push({ seq: closed, frame, kind: "closed" });
  }
  rest.sort((a, b) => a.seq - b.seq);
  const changes: Omit<Changes, "order"> = { seqs: [], frames: [], kinds: [] };
  const put = (seq: Seq, frame: FrameIndex, kind: ChangeKind) => {
    changes.seqs.push(seq);
    changes.frames.push(frame);
    changes.kinds.push(kind);
  };
  let next = 0;
  const putRestBefore = (seq: Seq) => {
    for (let one = rest[next]; one && one.seq < seq; one = rest[++next]) put(one.seq, one.frame, one.kind);
  };
  for (let frame = 0; frame < table.length; frame++) {
    putRestBefore(table.opened[frame] as Seq);
    put(table.opened[frame] as Seq, frame, "opened");
  }
  putRestBefore(Infinity);
  return changes;
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
