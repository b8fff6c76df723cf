/** The frame that is looked at, with its values, as it was at the shown moment. */
import { useEffect, useState } from "react";
import type { ExecutionFrame, Seq, Status } from "../api/types";
import type { FrameIndex, FrameTable } from "./frameTable";
import { useRun, type Watched } from "./runStore";
import { frameAt, stopOf } from "./stops";

export type Seen =
  | { kind: "none" }
  | { kind: "reading"; frame: FrameIndex; status: Status }
  | { kind: "failed"; error: Error }
  /** `status` is what it was at the moment; `shown` is the frame as it became. */
  | { kind: "frame"; frame: FrameIndex; status: Status; shown: ExecutionFrame };

/** Values wait for the hand to rest, unless they are here already. */
const REST_MS = 40;
const AHEAD_MS = 120;

export function useFrameAt({ timeline, cache }: Watched): Seen {
  const { seq, node } = useRun();
  const { table, stops } = timeline;
  const frame = frameAt(table, stops, seq, node);
  const opened = frame < 0 ? 0 : (table.opened[frame] as Seq);
  const closed = frame < 0 ? 0 : (table.closed[frame] as Seq);
  const [, arrived] = useState(0);
  const [failed, setFailed] = useState<{ opened: Seq; error: Error } | null>(null);
  const known = opened > 0 ? cache.peek(opened, closed) : undefined;
  useEffect(() => {
    if (opened === 0) return;
    let left = false;
    const read = setTimeout(
      () => {
        cache.get(opened, closed).then(
          () => !left && arrived((count) => count + 1),
          (error: unknown) =>
            !left && setFailed({ opened, error: error instanceof Error ? error : new Error(String(error)) }),
        );
      },
      known ? 0 : REST_MS,
    );
    const ahead = setTimeout(() => {
      for (const near of neighbours(table, stops.frames, stops.seqs, seq)) {
        cache.readAhead(table.opened[near] as Seq, table.closed[near] as Seq);
      }
    }, AHEAD_MS);
    return () => {
      left = true;
      clearTimeout(read);
      clearTimeout(ahead);
    };
  }, [cache, opened, closed, known, table, stops, seq]);
  if (frame < 0) return { kind: "none" };
  const status = table.statusAt(frame, seq);
  if (known) return { kind: "frame", frame, status, shown: known };
  if (failed?.opened === opened) return { kind: "failed", error: failed.error };
  return { kind: "reading", frame, status };
}

/** The frames that one or two steps lead to. */
function neighbours(table: FrameTable, frames: readonly FrameIndex[], seqs: readonly Seq[], seq: Seq): FrameIndex[] {
  const at = seqs.findIndex((stop) => stop >= seq);
  const middle = at < 0 ? seqs.length : at;
  return [middle + 1, middle - 1, middle + 2, middle - 2].flatMap((near) => {
    const frame = frames[near];
    return frame === undefined || stopOf(table, frame) === seq ? [] : [frame];
  });
}
