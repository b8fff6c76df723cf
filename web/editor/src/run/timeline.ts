/**
 * The timeline of a run as one thing to draw and to ask: frames, lanes, halts and bars. Without React and without a
 * canvas. What was derived is kept until the frames, the axis or the folding change.
 */
import type { NodeId, Seq } from "../api/types";
import { type Bar, barsOf, frameUnder, innerReach, ownReach, type Reach } from "./bars";
import type { FrameIndex, FrameTable, PlaceIndex } from "./frameTable";
import { type Branches, type Lane, lanesOf } from "./lanes";
import { type Axis, axisToSeq, type Clock, clockOf, fullView, seqToAxis, type View } from "./scale";
import { type Stops, stopsOf } from "./stops";

/** The bars of one lane: its own frames, and over them those of folded loops. */
interface LaneBars {
  own: Bar[];
  inner: Bar[];
}

export class Timeline {
  private open: ReadonlySet<PlaceIndex> = new Set();
  private laneCache: { version: number; lanes: Lane[] } | undefined;
  private stopCache: Stops | undefined;
  private clockCache: { version: number; clock: Clock } | undefined;
  private reachCache:
    { version: number; axis: Axis; lanes: Lane[]; reaches: { own: Reach; inner: Reach }[] } | undefined;

  private laneByPlace: { lanes: Lane[]; at: Map<PlaceIndex, number> } = { lanes: [], at: new Map() };

  constructor(
    readonly table: FrameTable,
    private branches: Branches | null = null,
  ) {}

  setBranches(branches: Branches | null): void {
    this.branches = branches;
    this.laneCache = undefined;
  }

  isOpen(loop: PlaceIndex): boolean {
    return this.open.has(loop);
  }

  /** Opens a folded loop, or folds an open one. */
  toggle(loop: PlaceIndex): void {
    const open = new Set(this.open);
    if (!open.delete(loop)) open.add(loop);
    this.open = open;
    this.laneCache = undefined;
  }

  get lanes(): Lane[] {
    if (this.laneCache?.version !== this.table.version) {
      this.laneCache = { version: this.table.version, lanes: lanesOf(this.table, this.branches, this.open) };
    }
    return this.laneCache.lanes;
  }

  /** The lane that a frame is drawn in; that of the folded loop around it, when it lies in one. */
  laneOf(frame: FrameIndex): number {
    const { lanes } = this;
    if (this.laneByPlace.lanes !== lanes) {
      const at = new Map(lanes.flatMap((lane, index) => lane.places.map((place) => [place, index] as const)));
      this.laneByPlace = { lanes, at };
    }
    let place = this.table.place[frame] ?? -1;
    while (place >= 0 && !this.laneByPlace.at.has(place)) place = this.table.placeAt(place).around;
    return this.laneByPlace.at.get(place) ?? -1;
  }

  get stops(): Stops {
    if (this.stopCache?.version !== this.table.version) this.stopCache = stopsOf(this.table);
    return this.stopCache;
  }

  private get clock(): Clock {
    if (this.clockCache?.version !== this.table.version) {
      this.clockCache = { version: this.table.version, clock: clockOf(this.table) };
    }
    return this.clockCache.clock;
  }

  full(axis: Axis): View {
    return fullView(this.table, axis);
  }

  /** Where an event is on the axis. */
  seqToAxis(axis: Axis, seq: Seq): number {
    return axis === "seq" ? seq : seqToAxis(this.table, this.clock, axis, seq);
  }

  axisToSeq(axis: Axis, at: number): Seq {
    return axisToSeq(this.table, this.clock, axis, at);
  }

  private reaches(axis: Axis): { own: Reach; inner: Reach }[] {
    const { lanes } = this;
    const cache = this.reachCache;
    if (cache?.version === this.table.version && cache.axis === axis && cache.lanes === lanes) return cache.reaches;
    const reaches = lanes.map((lane) => ({
      own: ownReach(this.table, axis, lane),
      inner: innerReach(this.table, axis, lane),
    }));
    this.reachCache = { version: this.table.version, axis, lanes, reaches };
    return reaches;
  }

  bars(lane: number, axis: Axis, view: View, width: number): LaneBars {
    const reach = this.reaches(axis)[lane];
    if (!reach) return { own: [], inner: [] };
    return {
      own: barsOf(this.table, axis, reach.own, view, width),
      inner: barsOf(this.table, axis, reach.inner, view, width),
    };
  }

  /** The frame under a pixel of a lane; a frame inside a folded loop before the loop itself; -1 for none. */
  hit(lane: number, row: number, axis: Axis, view: View, width: number, x: number): FrameIndex {
    const reach = this.reaches(axis)[lane];
    if (!reach) return -1;
    const inner = frameUnder(this.table, axis, reach.inner, view, width, x, null);
    return inner >= 0 ? inner : frameUnder(this.table, axis, reach.own, view, width, x, row);
  }

  nodeOf(frame: FrameIndex): NodeId {
    return this.table.node[frame] as NodeId;
  }
}
