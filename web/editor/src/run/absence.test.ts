import { describe, expect, it } from "vitest";
import type { Status, Workflow } from "../api/types";
import { absenceOf, skipOf } from "./absence";
import { columnsOf, type Written } from "./fixtures";
import { FrameTable } from "./frameTable";

const WORKFLOW = {
  id: "w",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual" },
      { id: "each", type: "flow.for_each" },
      { id: "script", type: "code.rhai", parent: "each" },
      { id: "if", type: "flow.if" },
      { id: "log", type: "log" },
      { id: "after", type: "log" },
    ],
    edges: [
      { source: "start", target: "each" },
      { source: "each", target: "if" },
      { source: "if", sourcePort: "true", target: "log" },
      { source: "log", target: "after" },
    ],
  },
} as Workflow;

function asked(frames: Written[], status: Status) {
  const table = FrameTable.from(columnsOf(frames, status));
  return { table, workflow: WORKFLOW, nameOf: (node: string) => node.toUpperCase() };
}

const FAILED: Written[] = [
  { node: "start", opened: 2, closed: 3 },
  { node: "each", opened: 4, closed: 12, status: "FAILED" },
  { node: "script", opened: 6, closed: 7, parent: 4, iteration: 0 },
  { node: "script", opened: 9, closed: 10, status: "FAILED", parent: 4, iteration: 1 },
];

describe("a node without a frame", () => {
  it("was not reached by a run that failed, and leads to the innermost failure", () => {
    expect(absenceOf({ ...asked(FAILED, "FAILED"), node: "log" }, 13)).toEqual({
      text: "LOG did not run: the run failed at SCRIPT before it.",
      show: { label: "Show the failure", frame: 3 },
    });
  });

  it("had not run yet, and leads to where it does", () => {
    expect(absenceOf({ ...asked(FAILED, "FAILED"), node: "script" }, 5)).toEqual({
      text: "SCRIPT had not run yet at this moment.",
      show: { label: "Go to its first frame", frame: 2 },
    });
  });

  it("waits for its turn in a run that goes on", () => {
    expect(absenceOf({ ...asked(FAILED.slice(0, 1), "RUNNING"), node: "log" }, 3).text).toBe("LOG has not run yet.");
  });

  it("lies in a loop that had nothing to do", () => {
    const frames: Written[] = [FAILED[0] as Written, { node: "each", opened: 4, closed: 5 }];
    expect(absenceOf({ ...asked(frames, "COMPLETED"), node: "script" }, 6)).toEqual({
      text: "SCRIPT did not run: EACH around it had no rounds.",
      show: { label: "Show EACH", frame: 1 },
    });
  });
});

describe("a frame that was passed over", () => {
  const passed = (log: Status): Written[] => [
    { node: "if", opened: 4, closed: 5 },
    { node: "log", opened: 6, closed: 6, status: log },
    { node: "after", opened: 7, closed: 7, status: "SKIPPED" },
  ];

  it("names the node that led another way, however far before", () => {
    const run = asked(passed("SKIPPED"), "COMPLETED");
    expect(skipOf(run, 1).text).toBe("LOG was skipped because IF led another way.");
    expect(skipOf(run, 2)).toEqual({
      text: "AFTER was skipped because IF led another way.",
      show: { label: "Show IF", frame: 0 },
    });
  });

  it("names the one that failed", () => {
    expect(skipOf(asked(passed("FAILED"), "COMPLETED"), 2).text).toBe("AFTER was skipped because LOG failed.");
  });

  it("says no more than is known", () => {
    const run = { ...asked(passed("SKIPPED"), "COMPLETED"), workflow: null };
    expect(skipOf(run, 1).text).toBe("LOG was skipped: no branch led to it.");
  });
});
