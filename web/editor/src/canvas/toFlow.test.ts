import { describe, expect, test } from "vitest";
import type { Workflow, WorkflowNode } from "../api/types";
import { connect, moveNodes, rename } from "../document/edits";
import { load } from "../document/load";
import { viewOf } from "../document/view";
import type { FlowNode } from "./flowTypes";
import { movesOf } from "./fromFlow";
import { ToFlow, type Look } from "./toFlow";

const LOOK: Look = { specs: new Map(), density: "normal", placed: new Map() };
const node = (id: string, x: number, y: number, more: Partial<WorkflowNode> = {}): WorkflowNode => ({
  id,
  type: "log",
  position: { x, y },
  ...more,
});

function draw(nodes: WorkflowNode[], more: Partial<Workflow["graph"]> = {}) {
  const doc = load({ id: "w", graph: { nodes, edges: [], ...more } });
  const made = new ToFlow();
  return { doc, flow: () => made.flow(viewOf(doc).get(), LOOK) };
}

const find = (nodes: readonly FlowNode[], id: string) => nodes.find((one) => one.id === id);

describe("to the canvas", () => {
  test("what nobody touched is the very same object", () => {
    const { doc, flow } = draw([node("a", 0, 0), node("b", 300, 0)]);
    const before = flow();
    rename(doc, "a", "New");
    connect(doc, { source: "a", sourcePort: "out", target: "b", targetPort: "in" });
    const after = flow();
    expect(find(after.nodes, "b")).toBe(find(before.nodes, "b"));
    expect(find(after.nodes, "a")).not.toBe(find(before.nodes, "a"));
    expect(flow().edges[0]).toBe(after.edges[0]);
  });

  test("a loop comes before its body and is large enough for it", () => {
    const { doc, flow } = draw([node("in", 400, 300, { parent: "each" }), node("each", 0, 0)]);
    const [each, inner] = flow().nodes;
    expect([each?.id, each?.type, inner?.parentId]).toEqual(["each", "loop", "each"]);
    expect(each?.width).toBeGreaterThan(400 + (inner?.width ?? 0));
    moveNodes(doc, { in: { x: 24, y: 72 } });
    expect(find(flow().nodes, "each")?.width).toBeLessThan(400);
  });

  test("loops that lie in each other are both drawn", () => {
    const { flow } = draw([node("a", 0, 0, { parent: "b" }), node("b", 0, 0, { parent: "a" })]);
    expect(flow().nodes).toHaveLength(2);
  });

  test("an edge without one of its ends is not drawn, and not lost", () => {
    const { doc, flow } = draw([node("a", 0, 0)], { edges: [{ source: "a", target: "gone" }] });
    expect(flow().edges).toEqual([]);
    expect(viewOf(doc).get().edges).toHaveLength(1);
  });
});

describe("from the canvas", () => {
  const loop = () =>
    draw([node("each", 0, 0, { type: "flow.for_each" }), node("x", 24, 72, { parent: "each" }), node("y", 900, 0)]);
  const at = (nodes: readonly FlowNode[], id: string, x: number, y: number) =>
    nodes.map((one) => (one.id === id ? ({ ...one, position: { x, y } } as FlowNode) : one));

  test("into a loop and out of it, with the place as seen from there", () => {
    const { nodes } = loop().flow();
    const into = at(nodes, "y", 40, 80);
    expect(
      movesOf(
        into.filter(({ id }) => id === "y"),
        into,
      ),
    ).toMatchObject({
      nodes: { y: { x: 40, y: 80 } },
      parents: { y: "each" },
    });
    const out = at(nodes, "x", 2000, 100);
    expect(
      movesOf(
        out.filter(({ id }) => id === "x"),
        out,
      ),
    ).toMatchObject({
      nodes: { x: { x: 2000, y: 100 } },
      parents: { x: null },
    });
  });

  test("a loop that is dragged keeps its body", () => {
    const { nodes } = loop().flow();
    const moved = at(nodes, "each", 500, 500);
    expect(
      movesOf(
        moved.filter(({ id }) => id === "each"),
        moved,
      ),
    ).toEqual({
      nodes: { each: { x: 500, y: 500 } },
      parents: {},
      notes: {},
    });
  });
});
