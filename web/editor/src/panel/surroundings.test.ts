import { renderHook, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { ExecutionFrame, Workflow } from "../api/types";
import type { RunView } from "./runView";
import { nodesBefore, useSurroundings } from "./surroundings";

const WORKFLOW: Workflow = {
  id: "w",
  config: { vars: { rate: 2 } },
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual" },
      { id: "fetch", type: "http.request", pinned: { rows: [1] } },
      { id: "each", type: "flow.for_each" },
      { id: "inner", type: "data.set", parent: "each" },
      { id: "deep", type: "data.set", parent: "each" },
      { id: "after", type: "log" },
    ],
    edges: [
      { source: "start", target: "fetch" },
      { source: "fetch", target: "each" },
      { source: "inner", target: "deep" },
      { source: "each", target: "after" },
    ],
  },
};

const nodeOf = (id: string) => {
  const node = WORKFLOW.graph.nodes.find((one) => one.id === id);
  if (!node) throw new Error(id);
  return node;
};

const frame = (nodeId: string, output: unknown) =>
  ({
    nodeId,
    openedSeq: 7,
    path: ["each", 3],
    status: "COMPLETED",
    input: { x: 1 },
    output,
  }) as unknown as ExecutionFrame;

describe("what an expression can name", () => {
  it("is every node before, and before the loop around it", () => {
    expect(nodesBefore(WORKFLOW, "after")).toEqual(["each", "fetch", "start"]);
    expect(nodesBefore(WORKFLOW, "deep")).toEqual(["inner", "fetch", "start"]);
    expect(nodesBefore(WORKFLOW, "start")).toEqual([]);
  });

  it("ends in a graph that goes round", () => {
    const round: Workflow = {
      id: "r",
      graph: {
        nodes: [
          { id: "a", type: "log" },
          { id: "b", type: "log" },
        ],
        edges: [
          { source: "a", target: "b" },
          { source: "b", target: "a" },
        ],
      },
    };
    expect(nodesBefore(round, "a")).toEqual(["b"]);
  });

  it("has the values of the frame that is shown", async () => {
    const view: RunView = {
      run: "r",
      seq: 9,
      frame: (id) => Promise.resolve(id === "deep" ? frame(id, 5) : id === "inner" ? frame(id, { a: 1 }) : null),
    };
    const { result } = renderHook(() => useSurroundings(WORKFLOW, nodeOf("deep"), view));
    await waitFor(() => expect(result.current.scope?.values["nodes"]).toEqual({ inner: { output: { a: 1 } } }));
    expect(result.current.scope).toMatchObject({
      source: { run: "r", frame: 7 },
      values: { input: { x: 1 }, vars: { rate: 2 }, index: 3 },
    });
    expect(result.current.inLoop).toBe(true);
  });

  it("is what the one node before it gave, when it has not run itself", async () => {
    const view: RunView = { run: "r", seq: 9, frame: (id) => Promise.resolve(id === "fetch" ? frame(id, [4]) : null) };
    const each = renderHook(() => useSurroundings(WORKFLOW, nodeOf("each"), view));
    await waitFor(() => expect(each.result.current.scope?.source).toMatchObject({ input: [4], vars: { rate: 2 } }));
    const after = renderHook(() => useSurroundings(WORKFLOW, nodeOf("after"), view));
    await waitFor(() => expect(after.result.current.scope?.from).toBe("pinned outputs"));
  });

  it("has pinned outputs when nothing has run", () => {
    const { result } = renderHook(() => useSurroundings(WORKFLOW, nodeOf("each"), null));
    expect(result.current.scope).toMatchObject({ source: { input: { rows: [1] }, nodes: { fetch: {} } } });
    const none = renderHook(() => useSurroundings(WORKFLOW, nodeOf("fetch"), null));
    expect(none.result.current.scope).toBeNull();
  });
});
