import { expect, test } from "vitest";
import { layout, type LayoutNode } from "./layout";

const box = (id: string, parent: string | null = null): LayoutNode => ({
  id,
  parent,
  loop: false,
  width: 200,
  height: 56,
});

test("what follows stands to the right", () => {
  const at = layout({ nodes: [box("b"), box("a")], edges: [{ source: "a", target: "b" }] });
  expect(at["a"]?.x).toBe(0);
  expect(at["b"]?.x).toBeGreaterThan(200);
});

test("a loop's body stands inside it, and the loop makes room", () => {
  const nodes = [box("loop"), box("x", "loop"), box("y", "loop"), box("after")];
  const edges = [
    { source: "x", target: "y" },
    { source: "loop", target: "after" },
  ];
  const at = layout({ nodes, edges });
  expect(at["x"]?.y).toBeGreaterThanOrEqual(44);
  expect(at["after"]?.x).toBeGreaterThan((at["y"]?.x ?? 0) + 200);
});

test("a circle is arranged too", () => {
  const edges = [
    { source: "a", target: "b" },
    { source: "b", target: "a" },
  ];
  expect(Object.keys(layout({ nodes: [box("a"), box("b")], edges }))).toEqual(["a", "b"]);
});
