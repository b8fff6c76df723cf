import { describe, expect, test } from "vitest";
import type { FlowNode } from "../canvas/flowTypes";
import type { Workflow } from "../api/types";
import { patched, type Patch } from "../document/patch";
import { changesOf } from "./changes";
import { ghostPlaces } from "./ghostPlaces";

const BEFORE: Workflow = {
  id: "w",
  config: { maxParallel: 2 },
  graph: {
    nodes: [
      { id: "a", type: "log", params: { message: "x", keep: 1 }, position: { x: 0, y: 0 } },
      { id: "b", type: "log", name: "B", timeoutMs: 5 },
    ],
    edges: [{ source: "a", target: "b" }],
  },
};
const after = (patch: Patch) => changesOf(BEFORE, patched(BEFORE, patch));

describe("what a patch does", () => {
  test("nothing", () => expect(after([])).toEqual({ nodes: [], edges: [], workflow: [] }));

  test("values before and after, and only those that differ", () => {
    const { nodes } = after([
      { edit: "setParam", node: "a", pointer: "/message", value: "y" },
      { edit: "setField", node: "b", field: "timeoutMs" },
    ]);
    expect(nodes.map(({ id, mark, values }) => [id, mark, values])).toEqual([
      ["a", "changed", [{ name: "params.message", before: "x", after: "y" }]],
      ["b", "changed", [{ name: "timeoutMs", before: 5, after: undefined }]],
    ]);
  });

  test("a label that stays does not hide a changed type, place, or unknown field", () => {
    const { nodes } = after([
      { edit: "setField", node: "b", field: "type", value: "http.request" },
      { edit: "setField", node: "a", field: "position", value: { x: 0, y: 0, hidden: "text" } },
      { edit: "setField", node: "b", field: "later", value: { deep: ["x"] } },
    ]);
    expect(nodes.map(({ values }) => values.map(({ name }) => name))).toEqual([["position"], ["type", "later"]]);
  });

  test("a node that goes takes its edges along", () => {
    const { nodes, edges } = after([{ edit: "removeNode", node: "b" }]);
    expect(nodes.map(({ id, mark }) => [id, mark])).toEqual([["b", "removed"]]);
    expect(edges.map(({ key, mark }) => [key, mark])).toEqual([["a.out>b.in", "removed"]]);
  });

  test("the workflow's own fields, and what an edge says beside its ends", () => {
    const { workflow } = after([
      { edit: "setConfig", field: "maxParallel", value: 9 },
      { edit: "setVar", name: "limit", value: 1 },
      { edit: "setDocument", field: "graph/notes", value: [{ id: "n" }] },
      { edit: "disconnect", edge: { source: "a", target: "b" } },
      { edit: "connect", edge: { source: "a", target: "b", label: "hidden" } },
    ]);
    expect(workflow.map(({ name }) => name)).toEqual([
      "config.maxParallel",
      "config.vars",
      "graph.notes",
      "edge a.out -> b.in",
    ]);
  });
});

const drawn = (id: string, x: number, more: object = {}) =>
  ({ id, type: "step", position: { x, y: 0 }, width: 216, height: 56, data: {}, ...more }) as unknown as FlowNode;
const node = (id: string, more: object = {}) => ({ id, type: "log", ...more });

describe("where ghosts stand", () => {
  test("a chain grows to the right of where it hangs, whatever its order", () => {
    const edges = [
      { source: "a", target: "x" },
      { source: "x", target: "y" },
    ];
    const places = ghostPlaces([node("y"), node("x")], edges, [drawn("a", 0)]);
    expect([places.get("x"), places.get("y")]).toEqual([
      { x: 312, y: 0 },
      { x: 624, y: 0 },
    ]);
  });

  test("between two nodes that stand near, below the gap; it covers neither", () => {
    const edges = [
      { source: "a", target: "x" },
      { source: "x", target: "b" },
    ];
    const at = ghostPlaces([node("x")], edges, [drawn("a", 0), drawn("b", 288)]).get("x");
    expect(at?.y).toBeGreaterThanOrEqual(56 + 16);
    expect(at?.x).toBe(144);
  });

  test("in a loop, as seen from inside it", () => {
    const loop = drawn("each", 400, { type: "loop", width: 280, height: 168, position: { x: 400, y: 40 } });
    const places = ghostPlaces([node("x", { parent: "each" })], [], [loop]);
    expect(places.get("x")).toEqual({ x: 24, y: 72 });
  });

  test("what follows a new loop keeps clear of its body", () => {
    const edges = [
      { source: "a", target: "each" },
      { source: "each", target: "end" },
      { source: "one", target: "two" },
    ];
    const added = [node("each"), node("one", { parent: "each" }), node("two", { parent: "each" }), node("end")];
    const places = ghostPlaces(added, edges, [drawn("a", 0)]);
    expect(places.get("two")).toEqual({ x: 336, y: 72 });
    expect(places.get("end")?.x).toBeGreaterThan(312 + 336 + 216 + 24);
  });

  test("a place of its own is kept", () => {
    const places = ghostPlaces([node("x", { position: { x: 5, y: 6 } })], [], [drawn("a", 0)]);
    expect(places.get("x")).toEqual({ x: 5, y: 6 });
  });
});
