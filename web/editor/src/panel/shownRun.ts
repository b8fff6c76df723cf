/** The run that the page follows, as the inspector looks at it. */
import { useMemo } from "react";
import type { ExecutionFrame, NodeId, RunId, Seq } from "../api/types";
import { useRun, type Watched } from "../run/runStore";
import type { RunView } from "./runView";

/** Null until the run's columns are here. Another moment is another view. */
export function useShownRun(runId: RunId | undefined): RunView | null {
  const watched = useRun((state) => (state.run === runId ? state.watched : null));
  const seq = useRun((state) => state.seq);
  const version = useRun((state) => state.version);
  return useMemo(
    () => (watched && runId !== undefined ? viewOf(watched, runId, seq, version) : null),
    [watched, runId, seq, version],
  );
}

/** `version` changes with the frames, which grow in place. */
function viewOf(watched: Watched, run: RunId, seq: Seq, version: number): RunView & { version: number } {
  return { run, seq, version, frame: (node) => frameAt(watched, node, seq) };
}

async function frameAt({ statuses, timeline, cache }: Watched, node: NodeId, seq: Seq): Promise<ExecutionFrame | null> {
  const moment = statuses.momentOf(node);
  if (!moment || moment.frame < 0) return null;
  const opened = timeline.table.opened[moment.frame];
  const closed = timeline.table.closed[moment.frame];
  if (opened === undefined || closed === undefined) return null;
  return asOf(await cache.get(opened, closed), seq);
}

/** What had not happened yet at that moment is not shown. */
function asOf(frame: ExecutionFrame, seq: Seq): ExecutionFrame {
  if (frame.closedSeq === null || frame.closedSeq <= seq) return frame;
  return { ...frame, closedSeq: null, status: "RUNNING", output: null, error: null, logs: [] };
}
