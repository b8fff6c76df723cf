import { describe, expect, it } from "vitest";
import type { Status } from "../api/types";
import { FrameTable } from "./frameTable";
import { columnsOf, longLoop, type Written } from "./fixtures";
import { laneName } from "./lanes";
import { fullView, pan, reveal, ticks, zoom } from "./scale";
import { StatusCursor } from "./statusCursor";
import { after, before, frameAt, sibling } from "./stops";
import { Timeline } from "./timeline";

const SMALL: Written[] = [
  { node: "start", opened: 2, closed: 3 },
  { node: "left", opened: 4, closed: 9, status: "FAILED" },
  { node: "right", opened: 5, closed: 6 },
  { node: "more", opened: 7, closed: 8 },
  { node: "left", opened: 10, closed: 11, attempt: 2 },
  { node: "unused", opened: 12, closed: 12, status: "SKIPPED" },
];
const FORKED = {
  edges: [
    { source: "start", target: "left" },
    { source: "start", target: "right" },
    { source: "right", target: "more" },
  ],
};
const small = (frames = SMALL) => new Timeline(FrameTable.from(columnsOf(frames)), FORKED);
const namesOf = (timeline: Timeline) => timeline.lanes.map((lane) => laneName(timeline.table, lane, (node) => node));

describe("lanes", () => {
  it("follow branches, in the order in which they first ran", () => {
    expect(namesOf(small())).toEqual(["start → left", "right → more", "unused"]);
  });

  it("fold a loop into its bar, and open it into lanes below", () => {
    const timeline = new Timeline(FrameTable.from(longLoop(3)), {
      edges: [
        { source: "start", target: "each" },
        { source: "fetch", target: "keep" },
      ],
    });
    expect(namesOf(timeline)).toEqual(["start → each"]);
    expect(timeline.lanes[0]?.inner).toHaveLength(6);
    timeline.toggle(timeline.lanes[0]?.loops[0] as number);
    expect(namesOf(timeline)).toEqual(["start → each", "fetch → keep"]);
    expect(timeline.lanes[1]).toMatchObject({ depth: 1, inner: [] });
    expect(timeline.lanes[0]?.inner).toEqual([]);
  });

  it("stack what ran at once", () => {
    const timeline = small([
      { node: "a", opened: 2, closed: 8 },
      { node: "a", opened: 3, closed: 5 },
      { node: "a", opened: 6, closed: 9 },
    ]);
    expect(timeline.lanes[0]).toMatchObject({ rows: [0, 1, 1], rowCount: 2 });
  });

  it("tell a node inside a sub-workflow from one of the same name outside", () => {
    const timeline = small([
      { node: "start", opened: 2, closed: 3 },
      { node: "call", opened: 4, closed: 9 },
      { node: "start", opened: 5, closed: 6, parent: 4 },
    ]);
    expect(timeline.table.places.map((place) => [place.node, place.around])).toEqual([
      ["start", -1],
      ["call", -1],
      ["start", 1],
    ]);
  });
});

describe("bars", () => {
  const view = { from: 0, to: 100 };

  it("are one a frame while there is room, failures last", () => {
    const timeline = small();
    const { own } = timeline.bars(0, "seq", view, 1000);
    expect(own.map((bar) => [bar.frame, bar.x, bar.width, bar.status])).toEqual([
      [0, 20, 10, "COMPLETED"],
      [4, 100, 10, "COMPLETED"],
      [1, 40, 50, "FAILED"],
    ]);
  });

  it("never lose a failure among a hundred thousand frames", () => {
    const failing = [3, 17_000, 25_000, 49_999];
    const timeline = new Timeline(FrameTable.from(longLoop(50_000, failing)));
    const full = timeline.full("seq");
    const { inner } = timeline.bars(1, "seq", full, 1200);
    const failed = inner.filter((bar) => bar.status === "FAILED");
    expect(failed).toHaveLength(failing.length);
    for (const bar of failed) expect(bar.width).toBeGreaterThanOrEqual(3);
    expect(inner.reduce((sum, bar) => sum + bar.count, 0)).toBe(100_000);
  });

  it("show how dense failures are, when there are many", () => {
    const failing = Array.from({ length: 300 }, (_, at) => at * 16);
    const timeline = new Timeline(FrameTable.from(longLoop(5000, failing)));
    const { inner } = timeline.bars(1, "seq", timeline.full("seq"), 720);
    const failed = inner.filter((bar) => bar.status === "FAILED");
    const red = failed.reduce((sum, bar) => sum + bar.width, 0);
    expect(failed.reduce((sum, bar) => sum + bar.count, 0)).toBe(300);
    expect(red).toBeGreaterThan(250);
    expect(red).toBeLessThan(350);
  });

  it("show a long frame that began before the view", () => {
    const timeline = new Timeline(FrameTable.from(longLoop(50_000)));
    const { own } = timeline.bars(1, "seq", { from: 1000, to: 1100 }, 800);
    expect(own).toMatchObject([{ frame: 1, status: "COMPLETED" }]);
  });

  it("are found in a few milliseconds", () => {
    const timeline = new Timeline(FrameTable.from(longLoop(50_000, [7])));
    const full = timeline.full("seq");
    const draw = () => timeline.lanes.forEach((_, lane) => timeline.bars(lane, "seq", full, 1200));
    draw();
    const times = Array.from({ length: 20 }, () => {
      const begun = performance.now();
      draw();
      return performance.now() - begun;
    }).sort((a, b) => a - b);
    // The quickest one: what else the machine does is not the timeline's doing.
    expect(times[0]).toBeLessThan(10);
  });
});

describe("hit", () => {
  it("prefers a failure that is near, and finds nothing where nothing is", () => {
    const timeline = small();
    const view = { from: 0, to: 100 };
    expect(timeline.hit(0, 0, "seq", view, 1000, 25)).toBe(0);
    expect(timeline.hit(0, 0, "seq", view, 1000, 92)).toBe(1);
    expect(timeline.hit(0, 0, "seq", view, 1000, 600)).toBe(-1);
    expect(timeline.hit(9, 0, "seq", view, 1000, 25)).toBe(-1);
  });
});

describe("stops", () => {
  const { table, stops } = small();

  it("are one a frame, at its closing", () => {
    expect(stops.seqs).toEqual([3, 6, 8, 9, 11, 12]);
    expect(stops.failures).toEqual([9]);
    expect(after(stops.seqs, 3)).toBe(6);
    expect(before(stops.seqs, 3)).toBeUndefined();
    expect(before(stops.seqs, 7)).toBe(6);
    expect(after(stops.seqs, 12)).toBeUndefined();
  });

  it("name the frame to show", () => {
    expect(frameAt(table, stops, 9)).toBe(1);
    expect(frameAt(table, stops, 7)).toBe(3);
    expect(frameAt(table, stops, 7, "left")).toBe(1);
    expect(frameAt(table, stops, 7, "unused")).toBe(-1);
    expect(frameAt(table, stops, 1)).toBe(-1);
  });

  it("lead to the node's other attempts", () => {
    expect(sibling(table, 1, 1)).toBe(4);
    expect(sibling(table, 4, -1)).toBe(1);
    expect(sibling(table, 4, 1)).toBeUndefined();
  });
});

describe("status", () => {
  const table = FrameTable.from(longLoop(200, [3, 77]));

  /** The statuses at an event, found the slow way. */
  function slowly(seq: number): [Status, number, number][] {
    return table.places.map((place) => {
      const opened = place.frames.filter((frame) => (table.opened[frame] as number) <= seq);
      const running = opened.filter((frame) => table.isOpenAt(frame, seq)).length;
      const closed = opened.filter((frame) => !table.isOpenAt(frame, seq));
      const failed = closed.filter((frame) => table.status[frame] === "FAILED").length;
      const latest = opened.at(-1);
      const status = latest === undefined ? "PENDING" : running > 0 ? "RUNNING" : table.statusAt(latest, seq);
      return [status, opened.length, failed];
    });
  }
  const atCursor = (cursor: StatusCursor): [Status, number, number][] =>
    table.places.map((_, place) => {
      const moment = cursor.moments[place];
      return [moment?.status ?? "PENDING", moment?.opened ?? 0, moment?.failed ?? 0];
    });

  it("is the same however one comes to an event", () => {
    const cursor = new StatusCursor(table);
    for (const seq of [1, 2, 3, 40, 39, 38, 700, 20, 0, 1206, 1205, 30, 31, 500]) {
      cursor.moveTo(seq);
      expect(atCursor(cursor), `at ${seq}`).toEqual(slowly(seq));
    }
  });

  it("counts a loop's iterations forward and back", () => {
    const cursor = new StatusCursor(table);
    cursor.moveTo(15);
    expect(cursor.moments[1]?.progress).toEqual({ begun: 2, known: 200 });
    cursor.moveTo(8);
    expect(cursor.moments[1]?.progress).toEqual({ begun: 1, known: 200 });
    cursor.moveTo(1206);
    expect(cursor.moments[1]?.progress).toEqual({ begun: 200, known: 200 });
  });

  it("touches only what a step changes", () => {
    const cursor = new StatusCursor(table);
    cursor.moveTo(8);
    expect([...cursor.moveTo(9)].map((place) => table.places[place]?.node).sort()).toEqual(["each", "keep"]);
    expect([...cursor.moveTo(9)]).toEqual([]);
  });
});

describe("frames", () => {
  it("take over what is new and what closed", () => {
    const table = FrameTable.from(
      columnsOf(
        SMALL.slice(0, 2).map(({ node, opened }) => ({ node, opened })),
        "RUNNING",
      ),
    );
    expect(table.statusAt(1, 4)).toBe("RUNNING");
    table.merge(columnsOf(SMALL));
    expect(table.length).toBe(6);
    expect(table.statusAt(1, 9)).toBe("FAILED");
    expect(table.runStatus).toBe("COMPLETED");
  });
});

describe("scale", () => {
  const { table } = small();
  const full = fullView(table, "seq");

  it("zooms at a place, and never beyond the run", () => {
    const near = zoom({ from: 0, to: 10 }, { from: 0, to: 1000 }, "seq", 0.9, 5);
    expect(near.from).toBeCloseTo(0.5);
    expect(near.to).toBeCloseTo(9.5);
    expect(zoom(full, full, "seq", 4, 6)).toEqual(full);
    expect(pan({ from: 5, to: 9 }, full, -100).from).toBe(0);
    expect(reveal({ from: 0, to: 10 }, { from: 0, to: 1000 }, 50).to).toBeCloseTo(50.8);
  });

  it("goes from an event to a time and back", () => {
    const timeline = small();
    expect(timeline.seqToAxis("time", 9)).toBe(90);
    expect(timeline.axisToSeq("time", 91)).toBe(9);
    expect(timeline.axisToSeq("time", 1e9)).toBe(13);
    expect(timeline.axisToSeq("seq", -5)).toBe(1);
  });

  it("marks round numbers", () => {
    expect(ticks({ from: 0, to: 10 }, 300, "seq").map((tick) => tick.label)).toEqual(["0", "5", "10"]);
    expect(ticks({ from: 0, to: 3000 }, 300, "time").map((tick) => tick.label)).toEqual(["0", "1 s", "2 s", "3 s"]);
    expect(ticks({ from: 0, to: 600_000 }, 300, "time").map((tick) => tick.label)).toContain("0:05 h");
  });
});
