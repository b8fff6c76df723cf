/** Timelines for tests: columns as the service sends them, written shortly. */
import type { Seq, Status, TimelineColumns } from "../api/types";

export interface Written {
  node: string;
  opened: Seq;
  closed?: Seq;
  status?: Status;
  /** The `opened` of the frame around it. */
  parent?: Seq;
  iteration?: number;
  attempt?: number;
  ms?: [number, number];
  /** From which event on it waited, and up to which; 0 while it waits. */
  waits?: [Seq, Seq][];
}

const STATUSES: Status[] = [
  "PENDING",
  "RUNNING",
  "WAITING",
  "COMPLETED",
  "FAILED",
  "SKIPPED",
  "CANCELLED",
  "INTERRUPTED",
];

export function columnsOf(frames: Written[], runStatus: Status = "COMPLETED"): TimelineColumns {
  const nodes = [...new Set(frames.map((frame) => frame.node))];
  const statusOf = (frame: Written): Status => frame.status ?? (frame.closed ? "COMPLETED" : "RUNNING");
  const waits = frames.flatMap((frame) => (frame.waits ?? []).map(([from, to]) => ({ of: frame.opened, from, to })));
  waits.sort((a, b) => a.from - b.from);
  const lastSeq = Math.max(0, ...frames.map((frame) => Math.max(frame.opened, frame.closed ?? 0)));
  return {
    run: "run-a",
    runStatus,
    startedAt: "2026-01-01T00:00:00.000Z",
    lastSeq: runStatus === "RUNNING" ? lastSeq : lastSeq + 1,
    nodes,
    statuses: STATUSES,
    node: frames.map((frame) => nodes.indexOf(frame.node)),
    parent: frames.map((frame) => frames.findIndex((other) => other.opened === frame.parent)),
    iteration: frames.map((frame) => frame.iteration ?? -1),
    attempt: frames.map((frame) => frame.attempt ?? 1),
    opened: frames.map((frame) => frame.opened),
    closed: frames.map((frame) => frame.closed ?? 0),
    openedMs: frames.map((frame) => frame.ms?.[0] ?? frame.opened * 10),
    closedMs: frames.map((frame) => frame.ms?.[1] ?? (frame.closed ? frame.closed * 10 : -1)),
    status: frames.map((frame) => STATUSES.indexOf(statusOf(frame))),
    waitOf: waits.map(({ of }) => of),
    waitFrom: waits.map(({ from }) => from),
    waitTo: waits.map(({ to }) => to),
    waitFromMs: waits.map(({ from }) => from * 10),
    waitToMs: waits.map(({ to }) => (to ? to * 10 : -1)),
  };
}

/** A loop of `iterations` over two nodes, in which those of `failing` fail: `2 * iterations + 2` frames. */
export function longLoop(iterations: number, failing: number[] = []): TimelineColumns {
  const bad = new Set(failing);
  const count = 2 * iterations + 2;
  const zeros = () => new Array<number>(count).fill(0);
  const columns: TimelineColumns = {
    run: "run-long",
    runStatus: "COMPLETED",
    startedAt: "2026-01-01T00:00:00.000Z",
    lastSeq: 0,
    nodes: ["start", "each", "fetch", "keep"],
    statuses: STATUSES,
    node: zeros(),
    parent: zeros(),
    iteration: zeros(),
    attempt: new Array<number>(count).fill(1),
    opened: zeros(),
    closed: zeros(),
    openedMs: zeros(),
    closedMs: zeros(),
    status: zeros(),
    waitOf: [],
    waitFrom: [],
    waitTo: [],
    waitFromMs: [],
    waitToMs: [],
  };
  const put = (
    at: number,
    node: number,
    parent: number,
    iteration: number,
    opened: Seq,
    closed: Seq,
    status: Status,
  ) => {
    [columns.node[at], columns.parent[at], columns.iteration[at]] = [node, parent, iteration];
    [columns.opened[at], columns.closed[at], columns.status[at]] = [opened, closed, STATUSES.indexOf(status)];
    [columns.openedMs[at], columns.closedMs[at]] = [opened, closed];
  };
  put(0, 0, -1, -1, 2, 3, "COMPLETED");
  let seq = 6;
  for (let iteration = 0; iteration < iterations; iteration++) {
    // Each iteration: scope opened, two frames of two events each, scope closed.
    const status = bad.has(iteration) ? "FAILED" : "COMPLETED";
    put(2 + 2 * iteration, 2, 1, iteration, seq + 1, seq + 2, status);
    put(3 + 2 * iteration, 3, 1, iteration, seq + 3, seq + 4, "COMPLETED");
    seq += 6;
  }
  put(1, 1, -1, -1, 4, seq, "COMPLETED");
  columns.lastSeq = seq + 1;
  return columns;
}
