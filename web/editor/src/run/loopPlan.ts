/**
 * How many rounds the loops were to make that did not make them all. The columns count only rounds that began; the
 * plan is in an event that follows the opening of the loop, so the stream of events is read from there, as far as it.
 */
import type { RunId, Seq } from "../api/types";
import { eventsAddress } from "./api";
import type { FrameIndex, FrameTable } from "./frameTable";
import { countOf, type Recorded } from "./live";

/** More loops than these that broke off are told with the rounds that began. */
const LOOPS_MAX = 12;
/** Others that run beside the loop can be recorded before its plan is. */
const EVENTS_MAX = 300;

/** Fills in what the table lacks; true when it learned something. */
export async function planLoops(table: FrameTable, stop: AbortSignal): Promise<boolean> {
  const loops = unplanned(table).slice(0, LOOPS_MAX);
  const counts = await Promise.all(
    loops.map((loop) => readPlan(table.run, table.opened[loop] as Seq, table.lastSeq, stop).catch(() => null)),
  );
  counts.forEach((count, at) => count !== null && table.planned.set(loops[at] as FrameIndex, count));
  return counts.some((count) => count !== null);
}

/** A loop that completed made all of its rounds. */
function unplanned(table: FrameTable): FrameIndex[] {
  const loops = new Set<FrameIndex>();
  for (let frame = 0; frame < table.length; frame++) {
    if ((table.iteration[frame] as number) >= 0) loops.add(table.parent[frame] as FrameIndex);
  }
  return [...loops].filter((loop) => table.status[loop] !== "COMPLETED" && !table.planned.has(loop)).reverse();
}

async function readPlan(run: RunId, loop: Seq, last: Seq, stop: AbortSignal): Promise<number | null> {
  const reading = new AbortController();
  const response = await fetch(eventsAddress(run, loop), { signal: AbortSignal.any([stop, reading.signal]) });
  try {
    return response.ok && response.body ? await planIn(response.body, loop, last) : null;
  } finally {
    reading.abort();
  }
}

async function planIn(body: ReadableStream<Uint8Array>, loop: Seq, last: Seq): Promise<number | null> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let rest = "";
  for (let heard = 0; heard < EVENTS_MAX;) {
    const { value, done } = await reader.read();
    if (done) return null;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const recorded = recordedIn(line);
      if (!recorded) continue;
      heard++;
      const { event, seq } = recorded;
      if (event.type === "loopStarted" && event.frame === loop) return countOf(event.items);
      if (seq >= last) return null;
    }
  }
  return null;
}

function recordedIn(line: string): Recorded | null {
  if (!line.startsWith("data:")) return null;
  const message = JSON.parse(line.slice(5)) as Partial<Recorded>;
  return message.event ? (message as Recorded) : null;
}
