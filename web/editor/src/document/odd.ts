/** Documents as no editor writes them: what a hostile or an odd client may put there. For the tests of both languages. */
import * as Y from "yjs";
import type { Workflow } from "../api/types";
import { codeSpec } from "./chance";
import { load, specsByType } from "./load";
import { roots, type Fields, type Roots } from "./shape";

const SPECS = specsByType([codeSpec]);

const BASE: Workflow = {
  id: "w",
  name: "Odd",
  version: 1,
  graph: {
    nodes: [
      { id: "a", type: "code.rhai", params: { code: "1" }, position: { x: 0, y: 0 } },
      { id: "b", type: "log", params: { message: "hi" } },
    ],
    edges: [{ source: "a", target: "b" }],
    notes: [{ id: "n", text: "note", x: 1, y: 2, width: 3, height: 4, color: "yellow" }],
    groups: [{ id: "g", title: "Group", nodes: ["a", "b"], color: "stone" }],
  },
};

const map = (fields: Record<string, unknown>): Fields => new Y.Map(Object.entries(fields));
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
const a = ({ nodes }: Roots) => nodes.get("a") as Fields;
const put = (target: Fields, fields: Record<string, unknown>) =>
  Object.entries(fields).forEach(([name, value]) => target.set(name, value));
const inMeta = ({ meta }: Roots, name: string) => meta.get(name) as Fields;
const any = (target: Roots["nodes"]) => target as unknown as Fields;

/** Each does one odd thing to a document that shows `BASE`. */
const ODD: Record<string, (roots: Roots) => void> = {
  "nothing odd": () => undefined,
  "a node that is a text": ({ nodes }) => any(nodes).set("c", "hello"),
  "a node that is a list": ({ nodes }) => any(nodes).set("c", [1, 2]),
  "a node that is a shared text": ({ nodes }) => any(nodes).set("c", new Y.Text("hello")),
  "a node of one plain value": ({ nodes }) =>
    any(nodes).set("c", { id: "c", type: "log", name: "Plain", params: { message: "x" }, $order: 7 }),
  "a node without id and type": ({ nodes }) => nodes.set("c/~d", map({ name: "Nobody", $order: 9 })),
  "a node whose id is a number": ({ nodes }) => nodes.set("c", map({ id: 5, type: "log" })),
  "two nodes of one id": ({ nodes }) => nodes.set("a2", map({ id: "a", type: "log", $order: 5 })),
  "fields of a node that are of another type": (all) =>
    put(a(all), {
      ...{ name: 5, disabled: "yes", retry: "often", timeoutMs: -1, onError: "explode", memo: 3, parent: 7 },
      color: 12,
    }),
  "fields of a node that are null": (all) =>
    put(a(all), { name: null, disabled: null, retry: null, timeoutMs: null, onError: null, memo: null, parent: null }),
  "parameters that are a list": (all) => a(all).set("params", [1, 2]),
  "parameters that are a text": (all) => a(all).set("params", new Y.Text("x")),
  "parameters of one plain value": (all) => a(all).set("params", { code: "2", more: { x: [1] } }),
  "a way to try again with odd fields": (all) => a(all).set("retry", { maxAttempts: 2, jitter: "much" }),
  "a way to try again": (all) =>
    a(all).set("retry", { maxAttempts: 2, delayMs: 5, backoffMultiplier: 1.5, jitter: 0.5, maxDelayMs: 9 }),
  "numbers that are too large": (all) => {
    a(all).set("timeoutMs", 1.5);
    inMeta(all, "config").set("maxParallel", 2 ** 33);
  },
  "a place that is none": (all) => a(all).set("position", { x: "left", y: 2 }),
  "a place that is a text": (all) => a(all).set("position", "left"),
  "a value nested too deep": (all) => put(a(all), { color: nested(70), pinned: nested(40) }),
  "a parameter nested too deep": (all) => inMeta({ meta: a(all) } as Roots, "params").set("more", nested(70)),
  "another document in a field": (all) => a(all).set("color", new Y.Doc({ guid: "other" })),
  "shared types in fields": (all) => {
    a(all).set("name", new Y.Text("Ada"));
    a(all).set("tags", Y.Array.from([1, "two"]));
    a(all).set("xml", new Y.XmlFragment());
  },
  "an edge that is a text": ({ edges }) => any(edges).set("e", "a>b"),
  "an edge without an end": ({ edges }) => edges.set("e/1", map({ source: "a", $order: 3 })),
  "an edge with odd ports": ({ edges }) => edges.set("e", map({ source: "b", target: "a", sourcePort: 1, $order: 3 })),
  "an edge of one plain value": ({ edges }) => any(edges).set("e", { source: "b", target: "a" }),
  "a workflow without an id": ({ meta }) => meta.delete("id"),
  "fields of the workflow that are of another type": ({ meta }) => put(meta, { name: 7, version: "x" }),
  "a configuration that is a text": ({ meta }) => meta.set("config", "fast"),
  "a configuration with odd fields": (all) =>
    put(inMeta(all, "config"), {
      ...{ maxParallel: -1, errorHandling: "maybe", retry: { maxAttempts: "x" }, memo: "no", vars: [1], healing: 3 },
      limits: { maxDepth: "deep" },
      own: 1,
    }),
  "a configuration of one plain value": ({ meta }) => meta.set("config", { maxParallel: 3 }),
  "own fields among the unknown": (all) => put(inMeta(all, "extra"), { name: "x", graph: 1, config: {}, mine: 1 }),
  "lists of the graph among the unknown": (all) => put(inMeta(all, "graphExtra"), { nodes: [], edges: 1, view: 2 }),
  "two lists of notes": (all) => inMeta(all, "graphExtra").set("notes", [{ text: "x" }]),
  "unknown fields that are a number": ({ meta }) => put(meta, { extra: 5, graphExtra: "x" }),
  "notes that are a text": ({ meta }) => meta.set("notes", "x"),
  "a note that is a number": (all) => inMeta(all, "notes").set("m", 5),
  "a note without an id": (all) => inMeta(all, "notes").set("m", map({ text: "hm" })),
  "a group whose members are a list": (all) =>
    inMeta(all, "groups").set("h", map({ id: "h", nodes: ["a", "a", 1, "b"], $order: 2 })),
  "a group without members": (all) => inMeta(all, "groups").set("h", map({ id: "h", $order: 2 })),
  "places in the list that are none": ({ nodes }) => {
    nodes.set("c", map({ id: "c", type: "log", $order: "first" }));
    nodes.set("d", map({ id: "d", type: "log", $order: Number.NaN }));
    nodes.set("e", map({ id: "e", type: "log", $order: -3.5 }));
  },
};

/** An odd document by its name. */
export function oddDocument(name: string): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = 7;
  load(BASE, SPECS, doc);
  doc.clientID = 8;
  doc.transact(() => ODD[name]?.(roots(doc)));
  return doc;
}

export const ODD_NAMES = Object.keys(ODD);
