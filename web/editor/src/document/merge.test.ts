import { expect, test } from "vitest";
import type { Workflow, WorkflowNode } from "../api/types";
import { merge } from "./merge";

const workflow = (nodes: WorkflowNode[], more: Partial<Workflow> = {}): Workflow => ({
  id: "w",
  graph: { nodes, edges: [] },
  ...more,
});
const code = (text: string): WorkflowNode => ({ id: "a", type: "code.rhai", params: { code: text, n: 1 } });

function check(base: Workflow, mine: Workflow, theirs: Workflow, merged: Workflow) {
  expect(merge(base, mine, theirs)).toEqual(merged);
}

test("different fields of one node are joined", () => {
  const base = workflow([code("x")]);
  const mine = workflow([{ ...code("x"), name: "Mine" }]);
  const theirs = workflow([{ ...code("x"), disabled: true }]);
  check(base, mine, theirs, workflow([{ ...code("x"), name: "Mine", disabled: true }]));
});

test("changes in different places of one text are joined", () => {
  const base = workflow([code("let a = 1;\nlet b = 2;\n")]);
  const mine = workflow([code("let a = 10;\nlet b = 2;\n")]);
  const theirs = workflow([code("let a = 1;\nlet b = 20;\n")]);
  check(base, mine, theirs, workflow([code("let a = 10;\nlet b = 20;\n")]));
});

test("where both changed the same, mine stands", () => {
  check(workflow([code("x")]), workflow([code("mine")]), workflow([code("theirs")]), workflow([code("mine")]));
});

test("what they removed goes, unless I changed it", () => {
  const [a, b] = [code("x"), { id: "b", type: "log" }];
  check(workflow([a, b]), workflow([a, { ...b, name: "kept" }]), workflow([]), workflow([{ ...b, name: "kept" }]));
});

test("what both added is there once from each", () => {
  const [mine, theirs] = [
    { id: "m", type: "log" },
    { id: "t", type: "log" },
  ];
  check(workflow([]), workflow([mine]), workflow([theirs]), workflow([mine, theirs]));
});
