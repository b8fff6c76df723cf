/** A short text of what flowed, on each edge, once the moment rests. While it moves there is none, rather than an old one. */
import { useEffect } from "react";
import type { Json, Seq, Snapshot, Workflow } from "../api/types";
import { edgeKey } from "../document/load";
import { leftBy } from "../lib/output";
import { oneLine } from "../lib/words";
import { isPreview } from "../ui/json/kinds";
import { getSnapshot } from "./api";
import { useRun } from "./runStore";
import { showRunStatus } from "./statusStore";

const REST_MS = 160;
const LENGTH_MAX = 22;
const KEPT = 60;

export function useEdgeValues(): void {
  const seq = useRun((run) => run.seq);
  const watched = useRun((run) => run.watched);
  useEffect(() => {
    if (!watched?.workflow || seq < 1) return;
    const { workflow, timeline } = watched;
    let left = false;
    const timer = setTimeout(() => {
      snapshotOf(timeline.table.run, seq).then(
        (snapshot) => !left && showRunStatus({ edgeValues: textsOf(workflow, snapshot) }),
        () => undefined,
      );
    }, REST_MS);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [seq, watched]);
}

const kept = new Map<string, Promise<Snapshot>>();

function snapshotOf(run: string, seq: Seq): Promise<Snapshot> {
  const key = `${run} ${seq}`;
  const known = kept.get(key);
  if (known) return known;
  const asked = getSnapshot(run, seq);
  kept.set(key, asked);
  asked.catch(() => kept.delete(key));
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
  return asked;
}

function textsOf(workflow: Workflow, snapshot: Snapshot): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const edge of workflow.graph.edges) {
    const source = snapshot.nodes[edge.source];
    const target = snapshot.nodes[edge.target];
    if (source?.frame?.status !== "COMPLETED" || !target || target.status === "SKIPPED") continue;
    texts[edgeKey(edge)] = textOf(leftBy(source.frame.output, edge.sourcePort));
  }
  return texts;
}

function textOf(value: Json): string {
  return oneLine(isPreview(value) ? (value as { $preview: { text: string } }).$preview.text : value, LENGTH_MAX);
}
