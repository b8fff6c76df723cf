import { expect, test } from "vitest";
import { moveNodes } from "./edits";
import { historyOf } from "./history";
import { load } from "./load";
import { project } from "./project";

const CHAIN = {
  id: "w",
  graph: {
    nodes: ["a", "b", "c", "d"].map((id) => ({ id, type: id === "d" ? "flow.for_each" : "log" })),
    edges: [
      { source: "a", target: "b" },
      { source: "b", target: "c" },
      { source: "c", target: "d" },
    ],
  },
};
const wires = (doc: ReturnType<typeof load>) =>
  project(doc).graph.edges.map(({ source, target }) => `${source}>${target}`);

test("a node that goes into a loop leaves its edges outside, and undo gives both back", () => {
  const doc = load(CHAIN);
  const history = historyOf(doc);
  moveNodes(doc, {}, { b: "d" });
  expect(wires(doc)).toEqual(["c>d"]);
  history.undo();
  expect(wires(doc)).toEqual(["a>b", "b>c", "c>d"]);
});

test("nodes that go into a loop together stay joined, and the loop does not lead into itself", () => {
  const doc = load(CHAIN);
  moveNodes(doc, {}, { b: "d", c: "d" });
  expect(wires(doc)).toEqual(["b>c"]);
});
