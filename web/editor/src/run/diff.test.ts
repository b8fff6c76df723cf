import { describe, expect, it } from "vitest";
import type { FrameRef } from "../api/types";
import type { RunDifference } from "./api";
import { workflowChanges } from "./DiffPane";
import { marksOf } from "./diffStore";

const frame = (nodeId: string, openedSeq: number): FrameRef => ({
  id: `r/${openedSeq}`,
  nodeId,
  path: [],
  attempt: 1,
  openedSeq,
  status: "COMPLETED",
});
const side = {
  run: "r",
  seq: 9,
  status: "COMPLETED",
  mode: "live",
  workflow: { id: "w", version: 1, hash: "h" },
  frames: 3,
};
const nothing = { status: null, input: [], output: [], error: [], effects: [] };

describe("a difference", () => {
  it("marks the frames and nodes of the shown run", () => {
    const difference: RunDifference = {
      a: side,
      b: side,
      identical: false,
      firstDivergence: null,
      workflow: null,
      input: [],
      output: [],
      error: [],
      same: 1,
      changed: [
        { a: frame("list", 4), b: frame("list", 5), ...nothing },
        { a: frame("list", 6), b: frame("list", 8), ...nothing },
      ],
      onlyInA: [frame("gone", 9)],
      onlyInB: [frame("fresh", 11), frame("gone", 12)],
    };
    expect(marksOf(difference)).toEqual({
      byNode: {
        list: { mark: "changed", count: 2 },
        fresh: { mark: "onlyHere", count: 1 },
        gone: { mark: "changed", count: 2 },
      },
      bySeq: new Set([5, 8, 11, 12]),
    });
  });

  it("of workflows names the places", () => {
    const change = { path: "/params/code", from: null, op: "changed" as const, before: "a", after: "b", lines: null };
    const changes = workflowChanges({
      nodes: [
        { id: "list", op: "changed", changes: [change] },
        { id: "new", op: "added", changes: [] },
      ],
      edgesAdded: [{ source: "list", target: "new" }],
      edgesRemoved: [],
      rest: [{ ...change, path: "/name" }],
    });
    expect(changes.map(({ op, path }) => `${op} ${path}`)).toEqual([
      "changed list/params/code",
      "added new",
      "added list → new",
      "changed /name",
    ]);
  });
});
