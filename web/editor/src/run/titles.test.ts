import { expect, test } from "vitest";
import type { NodeSpec } from "../api/types";
import { specsByType } from "../document/load";
import { leftBy } from "../lib/output";
import { titlesOf } from "./RunDock";

test("nodes are called as on the canvas; two of one name are told apart by their ids", () => {
  const specs = specsByType([{ type: "log", title: "Log" } as NodeSpec]);
  const nodes = [
    { id: "log", type: "log" },
    { id: "log2", type: "log" },
    { id: "tell", type: "log", name: "Tell sales" },
    { id: "odd", type: "not.known" },
  ];
  expect(Object.fromEntries(titlesOf(nodes, specs))).toEqual({
    log: "Log (log)",
    log2: "Log (log2)",
    tell: "Tell sales",
    odd: "odd",
  });
  expect(titlesOf(nodes, undefined).get("log2")).toBe("log2");
});

test("a branch carries what left by its port, not the record of all ports", () => {
  expect(leftBy({ true: [1] }, "true")).toEqual([1]);
  expect(leftBy({ true: [1] })).toEqual({ true: [1] });
  expect(leftBy([1], "true")).toEqual([1]);
});
