import { expect, test } from "vitest";
import type { Patch } from "../document/patch";
import { allParts, chosenPatch, turned, withoutPart, withPart } from "./parts";
import type { Part } from "./types";

/** 2 needs 1, 1 needs 0; 3 needs nothing. 4 and 5 need each other. */
const PARTS: Part[] = [
  { id: 0, title: "a", edits: [0, 1], needs: [] },
  { id: 1, title: "b", edits: [2], needs: [0] },
  { id: 2, title: "c", edits: [4], needs: [1] },
  { id: 3, title: "d", edits: [3], needs: [] },
  { id: 4, title: "e", edits: [5], needs: [5] },
  { id: 5, title: "f", edits: [6], needs: [4] },
];
const sorted = (chosen: ReadonlySet<number>) => [...chosen].sort();

test("a part comes with all that it needs, however far", () => {
  expect(sorted(withPart(PARTS, new Set(), 2))).toEqual([0, 1, 2]);
  expect(sorted(withPart(PARTS, new Set([3]), 1))).toEqual([0, 1, 3]);
});

test("a part goes with all that needs it, and leaves the rest", () => {
  expect(sorted(withoutPart(PARTS, allParts(PARTS), 0))).toEqual([3, 4, 5]);
  expect(sorted(withoutPart(PARTS, allParts(PARTS), 2))).toEqual([0, 1, 3, 4, 5]);
});

test("parts that need each other come and go together", () => {
  expect(sorted(withPart(PARTS, new Set(), 4))).toEqual([4, 5]);
  expect(sorted(withoutPart(PARTS, new Set([3, 4, 5]), 5))).toEqual([3]);
});

test("a part is turned", () => {
  expect(sorted(turned(PARTS, new Set([0, 1]), 0))).toEqual([]);
  expect(sorted(turned(PARTS, new Set(), 1))).toEqual([0, 1]);
});

test("the edits of the chosen parts stay in the order of the patch", () => {
  const patch: Patch = Array.from({ length: 7 }, (_, at) => ({ edit: "removeVar", name: String(at) }));
  const names = (chosen: ReadonlySet<number>) =>
    chosenPatch(patch, PARTS, chosen).map((edit) => "name" in edit && edit.name);
  expect(names(new Set([3, 0, 1]))).toEqual(["0", "1", "2", "3"]);
  expect(chosenPatch(patch, [], new Set())).toEqual(patch);
});
