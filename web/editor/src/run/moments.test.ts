/**
 * The editor against the service: `moments.json` is written by `tests/tests/laws/moments.rs` from a run in which
 * everything waits that can, and says what a snapshot of every event says.
 */
import { describe, expect, it } from "vitest";
import type { ExecutionFrame, NodeId, Seq, Status, TimelineColumns, Workflow } from "../api/types";
import { columnsOf } from "./fixtures";
import { asAt } from "./FramePane";
import { FrameTable } from "./frameTable";
import { LiveFold, type Recorded } from "./live";
import kept from "./moments.json";
import { NodeStatuses } from "./nodeStatuses";
import { StatusCursor } from "./statusCursor";
import { useRunStatus } from "./statusStore";
import { Timeline } from "./timeline";

type Moment = Record<NodeId, [Status, opened: number, failed: number]>;
interface Kept {
  columns: TimelineColumns;
  events: { seq: Seq; at: string; event: Record<string, object> }[];
  moments: Moment[];
}

const { columns, events, moments } = kept as unknown as Kept;
/** As the stream tells it: what kind of event it is stands inside. */
const heard = events.map(({ event, ...where }) => {
  const [[type, fields]] = Object.entries(event) as [[string, object]];
  return { ...where, event: { type, ...fields } } as Recorded;
});
const seqs = moments.map((_, at) => at + 1);
const said = (seq: Seq) => moments[seq - 1] as Moment;

function shown(table: FrameTable, cursor: StatusCursor): Moment {
  const reached = table.places.flatMap(({ node }, place) => {
    const moment = cursor.moments[place];
    return moment && moment.frame >= 0 ? [[node, [moment.status, moment.opened, moment.failed]] as const] : [];
  });
  return Object.fromEntries(reached) as unknown as Moment;
}

/** Every event forward, then back, then to and fro. */
function walk(): Seq[] {
  const jumps = seqs.map((seq) => ((seq * 37) % seqs.length) + 1);
  return [...seqs, ...[...seqs].reverse(), ...jumps];
}

describe("every moment of a run in which everything waits", () => {
  it("is worth looking at", () => {
    const statuses = new Set(moments.flatMap((moment) => Object.values(moment).map(([status]) => status)));
    expect([...statuses].sort()).toEqual(["COMPLETED", "FAILED", "RUNNING", "SKIPPED", "WAITING"]);
    expect(moments.some((moment) => moment["sub/ask"]?.[0] === "WAITING")).toBe(true);
  });

  it("is what the service's snapshot says, however one comes to it", () => {
    const table = FrameTable.from(columns);
    const cursor = new StatusCursor(table);
    for (const seq of walk()) {
      cursor.moveTo(seq);
      expect(shown(table, cursor), `at ${seq}`).toEqual(said(seq));
    }
  });

  it("is the same while the run is heard live, and afterwards", () => {
    const table = new FrameTable(columns.run, columns.startedAt);
    const fold = new LiveFold(table);
    const cursor = new StatusCursor(table);
    for (const recorded of heard) {
      expect(fold.take(recorded), `event ${recorded.seq}`).toBe(true);
      cursor.moveTo(recorded.seq);
      expect(shown(table, cursor), `live at ${recorded.seq}`).toEqual(said(recorded.seq));
    }
    table.merge(columns);
    for (const seq of walk()) {
      cursor.moveTo(seq);
      expect(shown(table, cursor), `afterwards at ${seq}`).toEqual(said(seq));
    }
    expect(table.opened.map((_, frame) => table.waitsOf(frame))).toEqual(
      FrameTable.from(columns).opened.map((_, frame) => FrameTable.from(columns).waitsOf(frame)),
    );
  });

  it("is drawn waiting on the canvas when the snapshot says so, and else only for an earlier frame that still waits", () => {
    const table = FrameTable.from(columns);
    const nodes = [...new Set(table.node)].map((id) => ({ id, type: "log" }));
    const inLoop = new Set(["nap", "fetch", "check"]);
    const graph = { nodes: nodes.map((node) => (inLoop.has(node.id) ? { ...node, parent: "each" } : node)), edges: [] };
    const statuses = new NodeStatuses(table, { id: "t", name: "t", version: 1, graph } as unknown as Workflow);
    for (const seq of seqs) {
      statuses.show(seq);
      const { byNode } = useRunStatus.getState();
      for (const [node, [status]] of Object.entries(said(seq)).filter(([id]) => !id.startsWith("sub/"))) {
        const drawn = byNode[node]?.status;
        const open = table.node.flatMap((id, frame) => (id === node && table.isOpenAt(frame, seq) ? [frame] : []));
        const allWait = open.every((frame) => table.statusAt(frame, seq) === "WAITING");
        const isPast = status !== "RUNNING" && status !== "WAITING";
        const expected = isPast && open.length > 0 ? (allWait ? "WAITING" : "RUNNING") : status;
        expect(drawn, `${node} at ${seq}`).toBe(expected);
      }
    }
  });
});

describe("a frame that waited twice", () => {
  const asked = {
    node: "ask",
    opened: 2,
    closed: 9,
    waits: [
      [3, 5],
      [7, 9],
    ] as [Seq, Seq][],
  };
  const table = FrameTable.from(columnsOf([asked, { node: "other", opened: 6, closed: 8 }]));

  it("ran before, between and after", () => {
    const statuses = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seq) => table.statusAt(0, seq));
    expect(statuses.join(" ")).toBe("PENDING RUNNING WAITING WAITING RUNNING RUNNING WAITING WAITING COMPLETED");
  });

  it("has a band in its bar for each wait, by events and by time", () => {
    const { own } = new Timeline(table).bars(0, "seq", { from: 0, to: 100 }, 1000);
    expect(own[0]?.waits).toEqual([
      { x: 30, width: 20 },
      { x: 70, width: 20 },
    ]);
    const byTime = new Timeline(table).bars(0, "time", { from: 0, to: 1000 }, 1000).own[0];
    expect(byTime?.waits).toEqual(own[0]?.waits);
  });

  it("is told in the panel as it stood, not as it became", () => {
    const became = {
      status: "COMPLETED",
      closedSeq: 9,
      output: 1,
      error: null,
      logs: [{}],
    } as unknown as ExecutionFrame;
    expect(asAt(became, table.statusAt(0, 4))).toMatchObject({
      status: "WAITING",
      closedSeq: null,
      output: null,
      logs: [],
    });
    expect(asAt(became, table.statusAt(0, 9))).toBe(became);
  });

  it("goes on when its answer is read from the columns, not heard", () => {
    const open = { node: "ask", opened: 2, waits: [[3, 0]] as [Seq, Seq][], status: "WAITING" as Status };
    const live = FrameTable.from(columnsOf([open], "RUNNING"));
    const cursor = new StatusCursor(live);
    cursor.moveTo(3);
    expect(cursor.moments[0]).toMatchObject({ status: "WAITING", open: 1, waiting: 1 });
    live.merge(columnsOf([{ node: "ask", opened: 2, closed: 6, waits: [[3, 5]] }]));
    const seen = [3, 4, 5, 6].map((seq) => {
      cursor.moveTo(seq);
      return cursor.moments[0]?.status;
    });
    expect(seen).toEqual(["WAITING", "WAITING", "RUNNING", "COMPLETED"]);
  });
});
