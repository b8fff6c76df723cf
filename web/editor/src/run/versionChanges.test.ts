import { expect, test } from "vitest";
import type { Workflow, WorkflowNode } from "../api/types";
import { changeLines, versionChanges } from "./versionChanges";

const OLD: Workflow = {
  id: "w",
  graph: {
    nodes: [
      { id: "a", type: "log", params: { message: "one" }, position: { x: 0, y: 0 } },
      { id: "b", type: "log", name: "Bee" },
      { id: "gone", type: "log" },
    ],
    edges: [
      { id: "e1", source: "a", target: "b" },
      { source: "b", target: "gone" },
    ],
  },
};
const lines = (to: Workflow) => changeLines(versionChanges(OLD, to), (node) => node.toUpperCase());

test("what was only moved, named or wired with another id does the same", () => {
  const [a, ...rest] = OLD.graph.nodes as [WorkflowNode, ...WorkflowNode[]];
  const nodes = [...rest, { ...a, position: { x: 9, y: 9 }, name: "Other", color: "red" }];
  expect(
    lines({ ...OLD, graph: { nodes, edges: [...OLD.graph.edges].reverse().map((edge) => ({ ...edge, id: "x" })) } }),
  ).toEqual([]);
});

test("nodes added, removed and changed are named, edges are counted", () => {
  const nodes = [
    { id: "a", type: "log", params: { message: "two" } },
    { id: "b", type: "log" },
    { id: "new", type: "log" },
  ];
  const edges = [
    { source: "a", target: "b" },
    { source: "b", target: "new" },
  ];
  expect(lines({ ...OLD, config: { maxParallel: 1 }, graph: { nodes, edges } })).toEqual([
    "1 node changed: A",
    "1 node added: NEW",
    "1 node removed: GONE",
    "2 edges differ",
    "other settings of the workflow",
  ]);
});

test("of many nodes only the first are named", () => {
  const more = Array.from({ length: 6 }, (_, at) => ({ id: `n${at}`, type: "log" }));
  expect(lines({ ...OLD, graph: { ...OLD.graph, nodes: [...OLD.graph.nodes, ...more] } })).toEqual([
    "6 nodes added: N0, N1, N2, N3 and 2 more",
  ]);
});
