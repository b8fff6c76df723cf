import { describe, expect, it } from "vitest";
import type { RunRow } from "../api/types";
import type { ForkBranch } from "./api";
import { columnsOf } from "./fixtures";
import { FrameTable } from "./frameTable";
import { LiveFold } from "./live";
import { leavingsOf } from "./pauses";

const START = Date.parse("2026-01-01T00:00:00.000Z");
const at = (ms: number) => new Date(START + ms).toISOString();

/** A loop that was forked after event 6, forty seconds after the run had ended, and then went on. */
const FORK = [
  { node: "start", opened: 2, closed: 3, ms: [0, 10] as [number, number] },
  { node: "each", opened: 4, closed: 12, ms: [20, 40_120] as [number, number] },
  { node: "script", opened: 6, closed: 9, parent: 4, iteration: 0, ms: [30, 40_050] as [number, number] },
];

describe("the time of a fork", () => {
  const table = FrameTable.from(columnsOf(FORK), [{ at: 6, started: at(40_030) }]);

  it("is the time of its work, without the pause before somebody made it", () => {
    expect(table.openedMs).toEqual([0, 20, 30]);
    expect(table.closedMs).toEqual([10, 120, 50]);
    expect(table.lastMs).toBe(120);
    expect([table.pauses.between(4, 12), table.pauses.between(2, 3), table.pauses.between(9, 12)]).toEqual([
      40_000, 0, 0,
    ]);
  });

  it("goes on so while it is watched", () => {
    const live = FrameTable.from(columnsOf([{ node: "start", opened: 2, closed: 3 }], "RUNNING"), [
      { at: 3, started: at(60_030) },
    ]);
    const fold = new LiveFold(live);
    fold.take({ seq: 4, at: at(60_030), event: { type: "other" } });
    fold.take({ seq: 5, at: at(60_040), event: { type: "frameOpened", scope: 0, node: "a", attempt: 1 } });
    expect(live.openedMs[1]).toBe(40);
    live.merge(columnsOf([{ node: "a", opened: 5, closed: 6, ms: [60_040, 60_090] }]));
    expect([live.closedMs[1], live.lastMs]).toEqual([90, 90]);
  });

  it("is as it was recorded for a run that is no fork", () => {
    expect(FrameTable.from(columnsOf(FORK)).closedMs).toEqual([10, 40_120, 40_050]);
  });

  it("leaves out the pauses of the forks that it was made of, as far as they are in its past", () => {
    const run = (id: string, fork: number | null): RunRow =>
      ({ run: id, started: at(fork ?? 0), forkOf: fork === null ? null : { run: "", at: fork } }) as RunRow;
    const branch = (id: string, fork: number | null, children: ForkBranch[] = []): ForkBranch => ({
      run: run(id, fork),
      at: fork,
      name: null,
      children,
    });
    const tree = branch("a", null, [branch("b", 10, [branch("late", 20), branch("early", 5)]), branch("c", 8)]);
    const shared = (id: string) => leavingsOf(tree, id).map((leaving) => leaving.at);
    expect(["a", "b", "late", "early", "c"].map(shared)).toEqual([[], [10], [10, 20], [5], [8]]);
  });
});
