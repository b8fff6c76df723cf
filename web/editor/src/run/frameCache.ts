/**
 * Frames with their values, as previews. What was seen once is kept, and what is next to it is read ahead, so that
 * scrubbing shows values without waiting. An open frame is read again once it has closed.
 */
import type { ExecutionFrame, RunId, Seq } from "../api/types";

const KEPT = 400;
/** Requests on the way for what may be wanted next; what is wanted now goes at once. */
const AHEAD_MAX = 4;

type Fetch = (run: RunId, opened: Seq) => Promise<ExecutionFrame>;

export class FrameCache {
  private readonly frames = new Map<string, ExecutionFrame>();
  private readonly asked = new Map<string, Promise<ExecutionFrame>>();
  private ahead = 0;

  constructor(
    private readonly run: RunId,
    private readonly fetch: Fetch,
  ) {}

  /** What is here, if it is. `closed` is the event that closed the frame, 0 while it is open. */
  peek(opened: Seq, closed: Seq): ExecutionFrame | undefined {
    return this.frames.get(keyOf(opened, closed));
  }

  async get(opened: Seq, closed: Seq): Promise<ExecutionFrame> {
    const key = keyOf(opened, closed);
    const known = this.frames.get(key);
    if (known) return known;
    const asked = this.asked.get(key) ?? this.ask(key, opened);
    return asked;
  }

  /** Reads what will probably be wanted, unless enough is on the way. */
  readAhead(opened: Seq, closed: Seq): void {
    const key = keyOf(opened, closed);
    if (this.frames.has(key) || this.asked.has(key) || this.ahead >= AHEAD_MAX) return;
    this.ahead++;
    const done = () => void this.ahead--;
    this.ask(key, opened).then(done, done);
  }

  private ask(key: string, opened: Seq): Promise<ExecutionFrame> {
    const asked = this.fetch(this.run, opened);
    this.asked.set(key, asked);
    const forget = () => this.asked.delete(key);
    asked
      .then(
        (frame) => this.keep(key, frame),
        () => undefined,
      )
      .finally(forget);
    return asked;
  }

  private keep(key: string, frame: ExecutionFrame): void {
    this.frames.set(key, frame);
    if (this.frames.size <= KEPT) return;
    const [oldest] = this.frames.keys();
    if (oldest !== undefined) this.frames.delete(oldest);
  }
}

const keyOf = (opened: Seq, closed: Seq) => `${opened}-${closed}`;
