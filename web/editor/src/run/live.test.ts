import { describe, expect, it } from "vitest";
import { FrameTable } from "./frameTable";
import { columnsOf } from "./fixtures";
import { LiveFold, type RunEvent } from "./live";
import { StatusCursor } from "./statusCursor";

/** Events as the service streams them, ten milliseconds apart, from event 2 on. */
function told(table: FrameTable, events: RunEvent[]): boolean[] {
  const fold = new LiveFold(table);
  return events.map((event, at) => {
    const seq = table.lastSeq + 1;
    const ms = Date.parse(table.startedAt) + (at + 2) * 10;
    return fold.take({ seq, at: new Date(ms).toISOString(), event });
  });
}

const fresh = () => {
  const table = new FrameTable("run-a", "2026-01-01T00:00:00.000Z");
  table.reach(1, 0);
  table.runStatus = "RUNNING";
  return table;
};
const shown = (table: FrameTable) =>
  table.opened.map((opened, frame) => `${table.node[frame]} ${opened}-${table.closed[frame]} ${table.status[frame]}`);
const opened = (node: string, scope = 0, attempt = 1): RunEvent => ({ type: "frameOpened", node, scope, attempt });
const done = { completed: { outputs: [] } };

describe("a live run", () => {
  it("grows frame by frame", () => {
    const table = fresh();
    const known = told(table, [
      opened("start"),
      { type: "frameClosed", frame: 2, ending: done },
      opened("fetch"),
      { type: "frameClosed", frame: 4, ending: { failed: { then: { retry: {} } } } },
      opened("fetch", 0, 2),
      { type: "frameSkipped", scope: 0, node: "unused" },
    ]);
    expect(known).toEqual(known.map(() => true));
    expect(shown(table)).toEqual([
      "start 2-3 COMPLETED",
      "fetch 4-5 FAILED",
      "fetch 6-0 RUNNING",
      "unused 7-7 SKIPPED",
    ]);
    expect(table.attempt[2]).toBe(2);
    expect(table.openedMs[1]).toBe(40);
  });

  it("puts frames into the iterations of loops, and knows how many there will be", () => {
    const table = fresh();
    told(table, [
      opened("each"),
      { type: "loopStarted", frame: 2, items: [7, 8, 9] },
      { type: "scopeOpened", frame: 2, index: 0 },
      opened("keep", 4),
      { type: "frameClosed", frame: 5, ending: done },
      { type: "scopeOpened", frame: 2, index: 1 },
      opened("keep", 7),
    ]);
    expect([table.parent, table.iteration]).toEqual([
      [-1, 0, 0],
      [-1, 0, 1],
    ]);
    const cursor = new StatusCursor(table);
    cursor.moveTo(8);
    expect(cursor.moments[0]?.progress).toEqual({ begun: 2, known: 3 });
  });

  it("waits while it awaits only people and moments", () => {
    const table = fresh();
    told(table, [opened("ask"), { type: "effectRequested", frame: 2, ordinal: 0, effect: { kind: "signal" } }]);
    expect(table.status[0]).toBe("WAITING");
    const fold = new LiveFold(table);
    fold.take({ seq: 4, at: table.startedAt, event: { type: "effectAnswered", frame: 2, ordinal: 0 } });
    expect(table.status[0]).toBe("RUNNING");
  });

  it("ends what was inside a level that ends", () => {
    const table = fresh();
    told(table, [
      opened("each"),
      { type: "loopStarted", frame: 2, items: [1] },
      { type: "scopeOpened", frame: 2, index: 0 },
      opened("slow", 4),
      { type: "frameClosed", frame: 2, ending: { failed: {} } },
      { type: "runClosed", ending: { failed: {} } },
    ]);
    expect(shown(table)).toEqual(["each 2-6 FAILED", "slow 5-6 CANCELLED"]);
    expect(table.runStatus).toBe("FAILED");
  });
});

describe("a stream that began later", () => {
  it("says when it hears of a level that opened before it listened", () => {
    const table = FrameTable.from(columnsOf([{ node: "each", opened: 2 }], "RUNNING"));
    expect(told(table, [{ type: "other" }, opened("keep", 3)])).toEqual([true, false]);
    expect(table.length).toBe(1);
  });

  it("hears nothing twice", () => {
    const table = FrameTable.from(columnsOf([{ node: "start", opened: 2, closed: 3 }], "RUNNING"));
    const fold = new LiveFold(table);
    expect(fold.take({ seq: 2, at: table.startedAt, event: opened("start") })).toBe(true);
    expect(table.length).toBe(1);
  });

  it("costs a status only what is new", () => {
    const table = fresh();
    const cursor = new StatusCursor(table);
    told(table, [opened("a"), { type: "frameClosed", frame: 2, ending: done }]);
    expect([...cursor.moveTo(3)]).toEqual([0]);
    told(table, [opened("b")]);
    expect([...cursor.moveTo(4)]).toEqual([1]);
    expect(cursor.moments.map((moment) => moment.status)).toEqual(["COMPLETED", "RUNNING"]);
  });
});
