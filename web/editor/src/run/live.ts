/** Recorded events, one by one, into the table of frames: what a watching browser does with the event stream. */
import type { NodeId, Seq, Status } from "../api/types";
import { type FrameIndex, type FrameTable, isOpen } from "./frameTable";

type Ending = "cancelled" | { completed: unknown } | { failed: { then?: unknown } } | { interrupted: unknown };

/** The events that change what the timeline shows. Others only move time on. */
export type RunEvent =
  | { type: "frameOpened"; scope: Seq; node: NodeId; attempt: number }
  | { type: "frameSkipped"; scope: Seq; node: NodeId }
  | { type: "effectRequested"; frame: Seq; ordinal: number; effect: { kind: string } }
  | { type: "effectAnswered"; frame: Seq; ordinal: number }
  | { type: "frameClosed"; frame: Seq; ending: Ending }
  | { type: "loopStarted"; frame: Seq; items: unknown }
  | { type: "scopeOpened"; frame: Seq; index: number }
  | { type: "runClosed"; ending: Ending }
  | { type: "other" };

export interface Recorded {
  seq: Seq;
  at: string;
  event: RunEvent;
}

export const EVENT_NAMES = [
  "runStarted",
  "runForked",
  "frameOpened",
  "frameSkipped",
  "effectRequested",
  "effectAnswered",
  "frameClosed",
  "loopStarted",
  "scopeOpened",
  "scopeClosed",
  "retryRequested",
  "runRetried",
  "cancelRequested",
  "runClosed",
  "runMended",
];

const ROOT: Seq = 0;
/** Effects that wait for a moment or for a person; a frame that awaits nothing else is waiting, not running. */
const PATIENT = new Set(["sleep", "signal"]);

interface Scope {
  frame: FrameIndex;
  iteration: number;
  /** What stands before a node's id to name it in the whole run: `call/` in a sub-workflow, as the columns have it. */
  prefix: string;
}

export class LiveFold {
  private readonly scopes = new Map<Seq, Scope>();
  private readonly awaited = new Map<FrameIndex, Map<number, string>>();
  private readonly loops = new Set<FrameIndex>();
  private readonly startedAt: number;

  constructor(private readonly table: FrameTable) {
    this.startedAt = Date.parse(table.startedAt);
  }

  /** Takes one event; false when it builds on one that was never heard, so that the columns must be read again. */
  take({ seq, at, event }: Recorded): boolean {
    if (seq <= this.table.lastSeq) return true;
    const ms = this.table.pauses.worked(seq, Math.max(Date.parse(at) - this.startedAt, 0));
    const isKnown = this.applied(event, seq, ms);
    if (isKnown) this.table.reach(seq, ms);
    return isKnown;
  }

  private applied(event: RunEvent, seq: Seq, ms: number): boolean {
    switch (event.type) {
      case "frameOpened":
        return this.open(event.scope, event.node, event.attempt, seq, ms) >= 0;
      case "frameSkipped": {
        const frame = this.open(event.scope, event.node, 1, seq, ms);
        if (frame >= 0) this.table.close(frame, seq, ms, "SKIPPED");
        return frame >= 0;
      }
      case "frameClosed":
        return this.at(event.frame, (frame) => this.close(frame, seq, ms, statusOf(event.ending)));
      case "effectRequested":
        return this.at(event.frame, (frame) => this.await(frame, { seq, ms }, event.ordinal, event.effect.kind));
      case "effectAnswered":
        return this.at(event.frame, (frame) => this.await(frame, { seq, ms }, event.ordinal, null));
      case "loopStarted":
        return this.at(event.frame, (frame) => this.plan(frame, event.items));
      case "scopeOpened":
        return this.at(event.frame, (frame) => {
          const isLoop = this.isLoop(frame);
          const prefix = isLoop ? this.prefixOf(frame) : `${this.table.node[frame]}/`;
          this.scopes.set(seq, { frame, iteration: isLoop ? event.index : -1, prefix });
        });
      case "runClosed":
        this.cut(() => true, seq, ms);
        this.table.runStatus = statusOf(event.ending);
        return true;
      default:
        return true;
    }
  }

  private at(opened: Seq, act: (frame: FrameIndex) => void): boolean {
    const frame = this.table.frameOpenedAt(opened);
    if (frame >= 0) act(frame);
    return frame >= 0;
  }

  private open(scope: Seq, node: NodeId, attempt: number, seq: Seq, ms: number): FrameIndex {
    const around = scope === ROOT ? { frame: -1, iteration: -1, prefix: "" } : this.scopes.get(scope);
    if (!around) return -1;
    const { frame: parent, iteration, prefix } = around;
    return this.table.open({ node: prefix + node, parent, iteration, attempt, opened: seq, openedMs: ms });
  }

  private prefixOf(frame: FrameIndex): string {
    const around = this.table.parent[frame] as FrameIndex;
    if (around < 0) return "";
    const isInLoop = (this.table.iteration[frame] as number) >= 0;
    return isInLoop ? this.prefixOf(around) : `${this.table.node[around]}/`;
  }

  private close(frame: FrameIndex, seq: Seq, ms: number, status: Status): void {
    this.awaited.delete(frame);
    if (this.table.placeAt(this.table.place[frame] as number).inside.length > 0) {
      this.cut((other) => this.isInside(other, frame), seq, ms);
    }
    this.table.close(frame, seq, ms, status);
  }

  /** What ends with the level around it has no event of its own. */
  private cut(is: (frame: FrameIndex) => boolean, seq: Seq, ms: number): void {
    for (let frame = this.table.length - 1; frame >= 0; frame--) {
      if (isOpen(this.table.status[frame] as Status) && is(frame)) this.table.close(frame, seq, ms, "CANCELLED");
    }
  }

  private isInside(frame: FrameIndex, around: FrameIndex): boolean {
    let parent = this.table.parent[frame] as FrameIndex;
    while (parent > around) parent = this.table.parent[parent] as FrameIndex;
    return parent === around;
  }

  private await(frame: FrameIndex, { seq, ms }: { seq: Seq; ms: number }, ordinal: number, kind: string | null): void {
    // An answer may come late, when the frame has ended without it.
    if (this.table.closed[frame]) return;
    const awaited = this.awaited.get(frame) ?? new Map<number, string>();
    if (kind === null) awaited.delete(ordinal);
    else awaited.set(ordinal, kind);
    this.awaited.set(frame, awaited);
    const waits = awaited.size > 0 && [...awaited.values()].every((each) => PATIENT.has(each));
    if (waits) this.table.wait(frame, seq, ms);
    else this.table.goOn(frame, seq, ms);
  }

  private plan(frame: FrameIndex, items: unknown): void {
    this.loops.add(frame);
    const count = countOf(items);
    if (count !== null) this.table.planned.set(frame, count);
  }

  private isLoop(frame: FrameIndex): boolean {
    if (this.loops.has(frame)) return true;
    const { inside } = this.table.placeAt(this.table.place[frame] as number);
    return inside.some((place) =>
      this.table.placeAt(place).frames.some((other) => (this.table.iteration[other] ?? -1) >= 0),
    );
  }
}

function statusOf(ending: Ending): Status {
  if (typeof ending === "string") return "CANCELLED";
  if ("completed" in ending) return "COMPLETED";
  return "failed" in ending ? "FAILED" : "INTERRUPTED";
}

/** How many items a loop goes over; of a long list only a preview is told. */
export function countOf(items: unknown): number | null {
  if (Array.isArray(items)) return items.length;
  const preview = (items as { $preview?: { count?: number } } | null)?.$preview;
  return preview?.count ?? null;
}
