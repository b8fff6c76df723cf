import { expect, test } from "vitest";
import * as Y from "yjs";
import { setParam } from "./edits";
import { load } from "./load";
import { fromShared, toPlain, toShared } from "./nested";
import { project } from "./project";
import { roots } from "./shape";
import { rewrite } from "./text";
import type { Json, Workflow } from "../api/types";

const workflow = (params: Record<string, Json>) =>
  ({ id: "w", graph: { nodes: [{ id: "a", type: "data.set", params }], edges: [] } }) as unknown as Workflow;

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

const paramsIn = (doc: Y.Doc) => project(doc).graph.nodes[0]?.params;

test("two people change two fields of one parameter, and both stay", () => {
  const mine = load(workflow({ fields: { total: 1, deep: { a: "x", b: "y" } } }));
  const theirs = copyOf(mine);
  setParam(mine, "a", "fields", { total: 2, deep: { a: "x", b: "y" } });
  setParam(theirs, "a", "fields", { total: 1, deep: { a: "x", b: "z" }, new: [1] });
  Y.applyUpdate(mine, Y.encodeStateAsUpdate(theirs));
  expect(paramsIn(mine)).toEqual({ fields: { total: 2, deep: { a: "x", b: "z" }, new: [1] } });
});

test("what is not changed is not written", () => {
  const doc = load(workflow({ fields: { total: 1, list: [1, { b: 2 }] } }));
  const before = Y.encodeStateVector(doc);
  setParam(doc, "a", "fields", { total: 1, list: [1, { b: 2 }] });
  expect(Y.encodeStateVector(doc)).toEqual(before);
});

test("a number that the service wrote with more than JavaScript keeps is shown, and stays", () => {
  const doc = load(workflow({ big: 1 }));
  const params = roots(doc).nodes.get("a")?.get("params") as Y.Map<unknown>;
  params.set("big", { $number: "9223372036854775807" });
  expect(paramsIn(doc)).toEqual({ big: 9223372036854775807 });
  setParam(doc, "a", "big", 9223372036854775807);
  expect(params.get("big")).toEqual({ $number: "9223372036854775807" });
});

test.each([
  { $number: "5" },
  { $$number: "5" },
  [{ $number: "5" }],
  { a: { $number: 5 } },
  { $order: 1, $empty: { $$empty: 2 } },
  {},
  [[], {}, null],
])("%j comes back", (value) => {
  const map = new Y.Doc().getMap("m");
  map.set("shared", toShared(value as Json));
  map.set("plain", [toPlain(value)]);
  expect(fromShared(map.get("shared"))).toEqual(value);
  expect(fromShared(map.get("plain"))).toEqual([value]);
});

test("what is no JSON is shown as the service shows it", () => {
  expect(fromShared([NaN, Infinity, undefined, 5n, new Uint8Array([1, 2])])).toEqual([
    { $float: "NaN" },
    { $float: "inf" },
    null,
    5,
    { $bytes: "AQI=" },
  ]);
});

test("a splice cuts no character in two", () => {
  const text = new Y.Doc().getText("t");
  for (const next of ["x😀y", "x😁y", "😁", "😀😁", "😀", ""]) {
    rewrite(text, next);
    expect(text.toString()).toBe(next);
  }
});
