import { expect, test } from "vitest";
import { snap } from "./snap";

const box = (x: number, y: number, width = 100, height = 50) => ({ x, y, width, height });

test("an edge that comes near another lies on it, and a line says so", () => {
  const snapped = snap(box(203, 90), [box(200, 0)]);
  expect(snapped.x).toBe(200);
  expect(snapped.y).toBe(90);
  expect(snapped.lines).toEqual([{ axis: "x", at: 200, from: 0, to: 140 }]);
});

test("middles meet, too", () => {
  expect(snap(box(248, 300, 40, 20), [box(220, 0)]).x).toBe(250);
});

test("what is far away is left alone", () => {
  expect(snap(box(0, 0), [box(500, 500)])).toEqual({ x: 0, y: 0, lines: [] });
});
