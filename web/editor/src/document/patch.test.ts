/** Pairs of workflows before and after each kind of edit, as `engine/core/src/edit.rs` makes them. */
import { describe, expect, test } from "vitest";
import type { Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { applyPatch } from "./applyPatch";
import { anyEdit, SPECS } from "./anyEdit";
import { anyWorkflow, Chance } from "./chance";
import { historyOf } from "./history";
import { load } from "./load";
import { patched, PatchError, type Edit, type Patch } from "./patch";
import { project } from "./project";

const NODES: WorkflowNode[] = [
  { id: "start", type: "trigger.manual" },
  {
    id: "fetch",
    type: "http.request",
    params: { url: "https://a.example", headers: { a: "1", "b/c": "2" }, rows: [1, 2, 3] },
  },
  { id: "total", type: "code.rhai", name: "Total", params: { code: "let a = 1;\na" }, position: { x: 8, y: 16 } },
];
const EDGES: WorkflowEdge[] = [
  { source: "start", target: "fetch" },
  { source: "fetch", sourcePort: "error", target: "total", label: "kept" },
];
const BASE: Workflow = {
  id: "w",
  name: "Orders",
  version: 1,
  config: { maxParallel: 4, vars: { limit: 100 } },
  graph: {
    nodes: NODES,
    edges: EDGES,
    notes: [{ id: "n", text: "hi", x: 0, y: 0, width: 9, height: 9, color: "blue" }],
  },
  tags: ["demo"],
};

/** The base with other nodes. */
const nodes = (change: (nodes: WorkflowNode[]) => WorkflowNode[]) => ({
  ...BASE,
  graph: { ...BASE.graph, nodes: change(structuredClone(NODES)) },
});
const edges = (list: WorkflowEdge[]) => ({ ...BASE, graph: { ...BASE.graph, edges: list } });
const changed = (id: string, change: (node: WorkflowNode) => WorkflowNode) =>
  nodes((list) => list.map((node) => (node.id === id ? change(node) : node)));
const params = (id: string, more: object) => changed(id, (node) => ({ ...node, params: { ...node.params, ...more } }));

const NEW: WorkflowNode = { id: "log", type: "log", params: { message: "done" } };

const PAIRS: [string, Edit, Workflow][] = [
  ["a node at the end", { edit: "addNode", node: NEW }, nodes((list) => [...list, NEW])],
  ["a node at a place", { edit: "addNode", node: NEW, at: 1 }, nodes((list) => list.toSpliced(1, 0, NEW))],
  [
    "a node goes with its edges",
    { edit: "removeNode", node: "total" },
    { ...BASE, graph: { ...BASE.graph, nodes: NODES.slice(0, 2), edges: EDGES.slice(0, 1) } },
  ],
  [
    "a node moves in the file",
    { edit: "moveNode", node: "total", at: 0 },
    nodes(([a, b, c]) => [c, a, b] as WorkflowNode[]),
  ],
  ["a parameter", { edit: "setParam", node: "fetch", pointer: "/url", value: "x" }, params("fetch", { url: "x" })],
  [
    "a first parameter",
    { edit: "setParam", node: "start", pointer: "/schema", value: null },
    changed("start", (node) => ({ ...node, params: { schema: null } })),
  ],
  [
    "a part with a slash in its name",
    { edit: "setParam", node: "fetch", pointer: "/headers/b~1c", value: "3" },
    params("fetch", { headers: { a: "1", "b/c": "3" } }),
  ],
  ["an item", { edit: "setParam", node: "fetch", pointer: "/rows/1", value: 9 }, params("fetch", { rows: [1, 9, 3] })],
  [
    "an item more",
    { edit: "setParam", node: "fetch", pointer: "/rows/-", value: 9 },
    params("fetch", { rows: [1, 2, 3, 9] }),
  ],
  ["an item less", { edit: "removeParam", node: "fetch", pointer: "/rows/0" }, params("fetch", { rows: [2, 3] })],
  [
    "the last parameter goes",
    { edit: "removeParam", node: "total", pointer: "/code" },
    changed("total", ({ params: _, ...node }) => node as WorkflowNode),
  ],
  [
    "shared text",
    { edit: "setParam", node: "total", pointer: "/code", value: "let b = 2;\nb" },
    params("total", { code: "let b = 2;\nb" }),
  ],
  [
    "a field",
    { edit: "setField", node: "fetch", field: "timeoutMs", value: 2000 },
    changed("fetch", (node) => ({ ...node, timeoutMs: 2000 })),
  ],
  [
    "a field goes",
    { edit: "setField", node: "total", field: "name" },
    changed("total", ({ name: _, ...node }) => node as WorkflowNode),
  ],
  ["what is the default is not written", { edit: "setField", node: "total", field: "disabled", value: false }, BASE],
  [
    "null is a value of a field that this version does not know",
    { edit: "setField", node: "total", field: "later", value: null },
    changed("total", (node) => ({ ...node, later: null })),
  ],
  [
    "an edge",
    { edit: "connect", edge: { source: "total", target: "start" }, at: 0 },
    edges([{ source: "total", target: "start" }, ...EDGES]),
  ],
  [
    "an edge goes, told by its ends",
    { edit: "disconnect", edge: { source: "start", sourcePort: "out", target: "fetch", targetPort: "in" } },
    edges(EDGES.slice(1)),
  ],
  [
    "the configuration",
    { edit: "setConfig", field: "errorHandling", value: "continue" },
    { ...BASE, config: { ...BASE.config, errorHandling: "continue" } },
  ],
  [
    "a variable",
    { edit: "setVar", name: "b", value: [1] },
    { ...BASE, config: { maxParallel: 4, vars: { limit: 100, b: [1] } } },
  ],
  ["the last variable goes", { edit: "removeVar", name: "limit" }, { ...BASE, config: { maxParallel: 4 } }],
  ["the document", { edit: "setDocument", field: "name", value: "Sales" }, { ...BASE, name: "Sales" }],
  [
    "a field of the graph",
    { edit: "setDocument", field: "graph/notes" },
    { ...BASE, graph: { nodes: NODES, edges: EDGES } },
  ],
  [
    "the whole graph",
    { edit: "setGraph", graph: { nodes: [NEW], edges: [] } },
    { ...BASE, graph: { nodes: [NEW], edges: [] } },
  ],
];

const WRONG: [string, Edit][] = [
  ["there is a node `fetch` already", { edit: "addNode", node: { id: "fetch", type: "log" } }],
  ["there is no node `none`", { edit: "removeNode", node: "none" }],
  ["position 9 is past the end", { edit: "addNode", node: NEW, at: 9 }],
  ["has no parameter `/body`", { edit: "removeParam", node: "fetch", pointer: "/body" }],
  ["`/url` of the node `fetch` has no parts", { edit: "setParam", node: "fetch", pointer: "/url/a", value: 1 }],
  ["is a list of 3; found `7`", { edit: "setParam", node: "fetch", pointer: "/rows/7", value: 1 }],
  ["the edge start.out -> fetch.in is there already", { edit: "connect", edge: { source: "start", target: "fetch" } }],
  ["there is no edge total.out -> start.in", { edit: "disconnect", edge: { source: "total", target: "start" } }],
  ["there is no variable `x`", { edit: "removeVar", name: "x" }],
];

describe("before and after", () => {
  test.each(PAIRS)("%s", (_, edit, after) => {
    const before = structuredClone(BASE);
    expect(patched(before, [edit])).toEqual(after);
    expect(before).toEqual(BASE);
    const doc = load(BASE, SPECS);
    applyPatch(doc, [edit], "AI", SPECS);
    expect(project(doc)).toEqual(after);
  });

  test.each(WRONG)("%s", (why, edit) => {
    const doc = load(BASE, SPECS);
    const good: Edit = { edit: "setDocument", field: "name", value: "half" };
    const half: Patch = [good, edit];
    expect(() => applyPatch(doc, half, "AI", SPECS)).toThrow(PatchError);
    expect(() => applyPatch(doc, half, "AI", SPECS)).toThrow(`edit 2 of 2: `);
    expect(() => applyPatch(doc, half, "AI", SPECS)).toThrow(why);
    expect(project(doc)).toEqual(BASE);
  });
});

test("a patch is one step of undo, by its own name, and undo gives back every byte", () => {
  const doc = load(BASE, SPECS);
  const history = historyOf(doc);
  const before = JSON.stringify(project(doc));
  const patch: Patch = [
    { edit: "addNode", node: NEW, at: 0 },
    { edit: "connect", edge: { source: "total", target: "log" } },
    { edit: "setParam", node: "total", pointer: "/code", value: "2" },
    { edit: "disconnect", edge: { source: "start", target: "fetch" } },
    { edit: "removeNode", node: "start" },
    { edit: "setVar", name: "more", value: true },
  ];
  applyPatch(doc, patch, "Add a log", SPECS);
  const after = JSON.stringify(project(doc));
  expect(JSON.parse(after)).toEqual(patched(BASE, patch));
  expect(history.undo()).toBe("Add a log");
  expect(JSON.stringify(project(doc))).toBe(before);
  expect(history.canUndo()).toBe(false);
  expect(history.redo()).toBe("Add a log");
  expect(JSON.stringify(project(doc))).toBe(after);
});

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed * 104729 + 3);

test.each(SEEDS)("seed %i: whatever a hand did before, a patch and its undo are exact", (seed) => {
  const chance = new Chance(seed);
  const doc = load(anyWorkflow(chance), SPECS);
  for (let n = 0; n < 12; n++) anyEdit(doc, chance);
  const history = historyOf(doc);
  history.pause();
  const before = project(doc);
  const ids = before.graph.nodes.map(({ id }) => id);
  const patch: Patch = [
    {
      edit: "addNode",
      node: { id: "made", type: "code.rhai", params: { code: chance.text() } },
      at: chance.next(ids.length + 1),
    },
    ...chance.some([...new Set(ids)]).map((node): Edit => ({ edit: "removeNode", node })),
    { edit: "setParam", node: "made", pointer: "/n", value: chance.json() },
  ];
  applyPatch(doc, patch, "AI", SPECS);
  expect(project(doc)).toEqual(patched(before, patch));
  history.undo();
  expect(JSON.stringify(project(doc))).toBe(JSON.stringify(before));
});
