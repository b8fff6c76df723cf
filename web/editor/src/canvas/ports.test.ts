import { expect, test } from "vitest";
import type { NodeSpec, WorkflowNode } from "../api/types";
import { codeSpec } from "../document/chance";
import { fits, inputPorts, outputPorts } from "./ports";

const names = (node: Partial<WorkflowNode>, spec?: NodeSpec) =>
  outputPorts({ id: "a", type: "x", ...node }, spec).map(({ name }) => name);

test("a switch has the ports that its cases and rules name, each once, and then its own", () => {
  const spec = { ...codeSpec, type: "flow.switch", outputs: [{ name: "default", type: "any", about: "" }] };
  const params = {
    cases: [{ port: "a" }, { port: "b" }, { port: "a" }, { port: "error" }, "?"],
    rules: [{ port: "c" }, {}],
  };
  expect(names({ type: "flow.switch", params }, spec)).toEqual(["a", "b", "c", "default"]);
});

test("a failure leaves by a port only when the node says so", () => {
  expect(names({}, codeSpec)).toEqual(["out"]);
  expect(names({ onError: "port" }, codeSpec)).toEqual(["out", "error"]);
});

test("an unknown type can still be wired", () => {
  expect(names({})).toEqual(["out"]);
  expect(inputPorts(undefined).map(({ name }) => name)).toEqual(["in"]);
});

test("any fits everything", () => {
  expect([fits("any", "list"), fits("list", "any"), fits("list", "list"), fits("list", "text")]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
