import { expect, test } from "vitest";
import type { Version } from "./api";
import { between, neighbours, touching } from "./executed";

const row = (hash: string, ...touched: string[]): Version => ({
  hash,
  touched,
  version: 1,
  authors: [],
  origin: "typing",
  published: false,
});
const ROWS = [row("d", "nodes/a"), row("c", "nodes/b/params/x", "edges/a.out>b.in"), row("b", "meta/name"), row("a")];
const hashes = (rows: readonly Version[]) => rows.map(({ hash }) => hash).join("");

test("the versions beside one", () => {
  expect(neighbours(ROWS, "c")).toEqual({ older: ROWS[2], newer: ROWS[0] });
  expect(neighbours(ROWS, "d")).toEqual({ older: ROWS[1], newer: null });
  expect(neighbours(ROWS, "a").older).toBeNull();
  expect(neighbours(ROWS, "gone")).toEqual({ older: null, newer: null });
});

test("the versions that made one of another", () => {
  expect(hashes(between(ROWS, "a", "c"))).toBe("cb");
  expect(hashes(between(ROWS, "c", "a"))).toBe("cb");
  expect(hashes(between(ROWS, "c", "c"))).toBe("");
  expect(hashes(between(ROWS, "c", "gone"))).toBe("");
});

test("the edit that touched a node last", () => {
  expect(touching(ROWS, "b")?.hash).toBe("c");
  expect(touching(ROWS.slice(2), "b")).toBeNull();
});
