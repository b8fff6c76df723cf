import { expect, test } from "vitest";
import type { Version } from "./api";
import { authorsWords, byDay, dayOf, listed, looksOf, nodeOf, placeWords, titleOf, touchedWords } from "./words";

const nameOf = (id: string) => ({ fetch: "Fetch orders", total: "Total" })[id] ?? id;
const ada = { id: "u1", name: "Ada Lovelace", kind: "person" };
const row = (more: Partial<Version>): Version => ({
  hash: "h",
  version: 1,
  authors: [],
  touched: [],
  origin: "typing",
  published: false,
  ...more,
});

test.each([
  ["nodes/fetch/params/url", "Fetch orders: url"],
  ["nodes/fetch/params/headers/accept", "Fetch orders: headers.accept"],
  ["nodes/total/name", "Total: name"],
  ["nodes/total", "Total"],
  ["edges/a.out>b.in", "edge a.out → b.in"],
  ["meta/name", "workflow: name"],
  ["meta/config/maxParallel", "settings: maxParallel"],
])("%s is %s", (place, words) => expect(placeWords(place, nameOf)).toBe(words));

test("what was touched, each node once", () => {
  const touched = [
    "nodes/fetch/params/url",
    "nodes/fetch/name",
    "nodes/total",
    "nodes/c",
    "edges/x",
    "meta/config/vars",
  ];
  expect(touchedWords(touched, nameOf)).toBe("Fetch orders, Total and 1 more, 1 edge, settings");
});

test("a version is called by its name, else by what it touched, else by how it came", () => {
  expect(titleOf(row({ name: "First draft", touched: ["nodes/total"] }), nameOf)).toBe("First draft");
  expect(titleOf(row({ touched: ["nodes/total/params/code"] }), nameOf)).toBe("Total");
  expect(titleOf(row({ origin: "seed" }), nameOf)).toBe("The beginning");
});

test("authors in words", () => {
  expect(authorsWords([])).toBe("Somebody");
  expect(listed(["a", "b"])).toBe("a and b");
  expect(listed(["a", "b", "c", "d"])).toBe("a, b and 2 more");
});

test("the AI looks different from a person, and a name has one colour", () => {
  expect(looksOf({ ...ada, kind: "ai" }).kind).toBe("ai");
  expect(looksOf(ada)).toEqual(looksOf({ ...ada, id: "other" }));
  expect(looksOf(ada).initials).toBe("AL");
});

test("the node of a place", () => {
  expect(nodeOf("nodes/a/params/b")).toBe("a");
  expect(nodeOf("edges/a.out>b.in")).toBeNull();
  expect(nodeOf("nodes")).toBeNull();
});

test("days, the newest first", () => {
  const now = new Date(2026, 10, 21, 0, 30).getTime();
  const at = (days: number) => new Date(now - days * 86_400_000).toISOString();
  expect(dayOf(at(0), now)).toBe("Today");
  expect(dayOf(new Date(now - 3_600_000).toISOString(), now)).toBe("Yesterday");
  expect(dayOf(at(12), now)).toBe("9 November 2026");
  const rows = [{ savedAt: at(0) }, { savedAt: at(0) }, { savedAt: at(1) }, { savedAt: null }];
  expect(byDay(rows, now).map(({ day, rows }) => [day, rows.length])).toEqual([
    ["Today", 2],
    ["Yesterday", 1],
    ["Earlier", 1],
  ]);
});
