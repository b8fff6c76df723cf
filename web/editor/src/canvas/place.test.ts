import { expect, test } from "vitest";
import { freePlace, nearestIn } from "./place";

const box = (x: number, y: number) => ({ x, y, width: 100, height: 50 });

test("a taken place is passed by downwards", () => {
  const at = freePlace({ x: 3, y: 0 }, box(0, 0), [box(0, 0), box(0, 80)]);
  expect(at.x).toBe(0);
  expect(at.y).toBeGreaterThanOrEqual(146);
  expect(freePlace({ x: 500, y: 0 }, box(0, 0), [box(0, 0)])).toEqual({ x: 504, y: 0 });
});

test("arrows go to what lies that way, and nowhere when nothing does", () => {
  const ahead = box(300, 10);
  const aside = box(120, 400);
  expect(nearestIn(box(0, 0), [ahead, aside], 1, 0)).toBe(ahead);
  expect(nearestIn(box(0, 0), [ahead, aside], 0, 1)).toBe(aside);
  expect(nearestIn(box(0, 0), [ahead, aside], -1, 0)).toBeNull();
});
