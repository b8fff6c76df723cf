import { describe, expect, it } from "vitest";
import { series } from "./hourSeries";
import { ALL_RUNS, askedOf, isFiltered, parseFilter, runsAddress } from "./runFilter";

describe("a list of runs", () => {
  it("is a link", () => {
    const filter = { ...ALL_RUNS, workflow: "order total", status: "FAILED", hours: 24 };
    const address = runsAddress(filter);
    expect(address).toBe("/runs?workflow=order+total&status=FAILED&hours=24");
    expect(parseFilter(address.slice("/runs".length))).toEqual(filter);
    expect([isFiltered(filter), isFiltered(ALL_RUNS)]).toEqual([true, false]);
    expect(parseFilter("?hours=-3&minMs=x")).toEqual(ALL_RUNS);
  });

  it("has the same name a moment later", () => {
    const filter = { ...ALL_RUNS, hours: 1, minMs: 1000 };
    const now = Date.parse("2026-01-01T10:00:10Z");
    expect(askedOf(filter, now)).toEqual({ since: "2026-01-01T09:00:00.000Z", minMs: 1000 });
    expect(askedOf(filter, now + 20_000)).toEqual(askedOf(filter, now));
  });
});

describe("runs by the hour", () => {
  const now = Date.parse("2026-01-01T10:30:00Z");

  it("count the hours in which nothing ran", () => {
    const hours = [
      { at: "2026-01-01T10:00:00Z", runs: 3, failed: 1 },
      { at: "2026-01-01T08:00:00Z", runs: 2, failed: 0 },
      { at: "2025-12-01T08:00:00Z", runs: 9, failed: 9 },
    ];
    const [times, runs, failed] = series(hours, 4, now);
    expect(runs).toEqual([0, 2, 0, 3]);
    expect(failed).toEqual([0, 0, 0, 1]);
    expect(times.at(-1)).toBe(Date.parse("2026-01-01T10:00:00Z") / 1000);
  });

  it("are drawn together when there are too many", () => {
    const hours = Array.from({ length: 720 }, (_, at) => ({
      at: new Date(now - at * 3_600_000).toISOString(),
      runs: 1,
      failed: 0,
    }));
    const [times, runs] = series(hours, 720, now);
    expect(times.length).toBeLessThanOrEqual(84);
    expect(runs.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(711);
  });
});
