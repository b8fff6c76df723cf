/**
 * The clock of a fork. A fork shares its past with the run it comes from, and begins when a person makes it: a minute
 * or a month later. That pause is no work, so it is taken out of every time that lies behind it.
 */
import type { RunId, RunRow, Seq } from "../api/types";
import type { ForkBranch } from "./api";

/** Where a run left its past, and when it began. */
export interface Leaving {
  /** The last event that it shares. */
  at: Seq;
  started: string;
}

interface Pause {
  /** The last event before it. */
  after: Seq;
  /** In milliseconds from the start of the run: the last thing before it, and the first behind it. */
  from: number;
  to: number;
}

export class Pauses {
  private readonly pauses: Pause[];

  constructor(leavings: readonly Leaving[], startedAt: string) {
    const start = Date.parse(startedAt);
    this.pauses = leavings.map(({ at, started }) => ({ after: at, from: 0, to: Date.parse(started) - start }));
  }

  /** Learns when the shared past ended. All of it must be seen before `worked` is asked. */
  note(seq: Seq, ms: number): void {
    for (const pause of this.pauses) if (seq <= pause.after) pause.from = Math.max(pause.from, ms);
  }

  /** The time of work up to an event that was recorded so many milliseconds after the first. */
  worked(seq: Seq, ms: number): number {
    return this.pauses.length === 0 ? ms : Math.max(ms - this.between(0, seq), 0);
  }

  /** How long nothing was done after one event and up to another. */
  between(first: Seq, last: Seq): number {
    const within = this.pauses.filter(({ after }) => first <= after && after < last);
    return within.reduce((all, { from, to }) => all + Math.max(to - from, 0), 0);
  }
}

/** Where the run left its past, and where that had left its own, from the tree that they are in. */
export function leavingsOf(tree: ForkBranch, run: RunId): Leaving[] {
  const way = wayTo(tree, run) ?? [];
  return way.flatMap(({ run: { forkOf, started } }, depth) =>
    forkOf && isShared(forkOf.at, way.slice(depth + 1)) ? [{ at: forkOf.at, started }] : [],
  );
}

/** What lies behind the point of a later fork is not in its past. */
const isShared = (at: Seq, later: readonly { run: RunRow }[]) => later.every(({ run }) => (run.forkOf?.at ?? 0) > at);

function wayTo(branch: ForkBranch, run: RunId): ForkBranch[] | null {
  if (branch.run.run === run) return [branch];
  for (const child of branch.children) {
    const way = wayTo(child, run);
    if (way) return [branch, ...way];
  }
  return null;
}
