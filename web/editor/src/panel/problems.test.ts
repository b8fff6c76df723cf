import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Problem, Workflow } from "../api/types";
import { showProblems, useProblems } from "../canvas/problems";
import { useSelection } from "../canvas/selection";
import { setParam } from "../document/edits";
import { load } from "../document/load";
import { answering } from "./fixtures/browser";
import { asSettings, countsOf, openProblem, ownField, usePanel, watchProblems } from "./problems";

const WORKFLOW: Workflow = {
  id: "w",
  graph: {
    nodes: [
      { id: "a", type: "trigger.manual" },
      { id: "b", type: "http.request", params: { url: "x" } },
    ],
    edges: [{ source: "a", target: "b" }],
  },
};

const problem = (place: Problem["place"], severity: Problem["severity"] = "error"): Problem => ({
  severity,
  code: "c",
  message: "m",
  place,
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  showProblems([]);
});

describe("problems", () => {
  it("are asked for at once, and again when the document has rested", async () => {
    const sent = answering({ "/check": { problems: [problem({ node: "b" })] } });
    const doc = load(WORKFLOW);
    const stop = watchProblems(doc);
    await vi.advanceTimersByTimeAsync(0);
    expect(useProblems.getState().byNode.get("b")).toHaveLength(1);
    setParam(doc, "b", "url", "xy", { typing: true });
    await vi.advanceTimersByTimeAsync(200);
    setParam(doc, "b", "url", "xyz", { typing: true });
    await vi.advanceTimersByTimeAsync(299);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.body).toMatchObject({ graph: { nodes: [{}, { params: { url: "xyz" } }] } });
    stop();
    setParam(doc, "b", "url", "z");
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toHaveLength(2);
  });

  it("stay as they were while the service does not answer", async () => {
    showProblems([problem({ node: "b" })]);
    answering({});
    const stop = watchProblems(load(WORKFLOW));
    await vi.advanceTimersByTimeAsync(0);
    expect(useProblems.getState().all).toHaveLength(1);
    stop();
  });

  it("are counted by how bad they are", () => {
    expect(countsOf([problem({}), problem({}, "warning"), problem({})])).toEqual({ errors: 2, warnings: 1 });
  });

  it("lead to the parameter, to the setting, or to the edge", () => {
    const doc = load(WORKFLOW);
    openProblem(doc, problem({ node: "b", param: "/headers/A", line: 2 }));
    expect([...useSelection.getState().nodes]).toEqual(["b"]);
    expect(usePanel.getState()).toMatchObject({
      tab: "parameters",
      focus: { node: "b", param: "/headers/A", line: 2 },
    });
    openProblem(doc, problem({ node: "b", field: "/graph/nodes/1/onError" }));
    expect(usePanel.getState()).toMatchObject({ tab: "settings", focus: { node: "b", field: "/onError" } });
    openProblem(doc, problem({ edge: 0 }));
    expect([...useSelection.getState().edges]).toEqual(["a.out>b.in"]);
    openProblem(doc, problem({ field: "/config/maxParallel" }));
    expect(useSelection.getState().nodes.size).toBe(0);
    expect(usePanel.getState().focus).toMatchObject({ node: null, field: "/maxParallel" });
  });

  it("are found by the forms of settings", () => {
    expect(ownField({ field: "/graph/nodes/12/retry/maxAttempts" })).toBe("/retry/maxAttempts");
    expect(asSettings([problem({ param: "/url" }), problem({ field: "/config/limits" })])).toMatchObject([
      { place: { param: "/limits" } },
    ]);
  });
});
