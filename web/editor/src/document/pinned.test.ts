import { expect, test } from "vitest";
import { setPinned } from "./edits";
import { NO_SPECS, load } from "./load";
import { project } from "./project";
import { roots } from "./shape";

/** What the document holds for a pinned value; the service reads it as it was written. */
test.each<[string, unknown]>([
  ["8.0", { $number: "8.0" }],
  ['{"total":8.0,"rows":[1,2.50]}', { total: { $number: "8.0" }, rows: [1, { $number: "2.50" }] }],
  ["9007199254740993", { $number: "9007199254740993" }],
  ['{"$number":8.0}', { $$number: { $number: "8.0" } }],
  ['"8.0"', "8.0"],
  ["null", null],
  ["[]", []],
])("what is pinned lies in the document as it was written: %s", (text, held) => {
  const doc = load({ id: "w", graph: { nodes: [{ id: "a", type: "log" }], edges: [] } }, NO_SPECS);
  setPinned(doc, "a", JSON.parse(text), text);
  expect(roots(doc).nodes.get("a")?.get("pinned")).toEqual(held);
  expect(project(doc).graph.nodes[0]?.["pinned"]).toEqual(JSON.parse(text));
  setPinned(doc, "a", 3);
  expect(project(doc).graph.nodes[0]?.["pinned"]).toBe(3);
});
