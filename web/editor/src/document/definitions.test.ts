import { expect, test } from "vitest";
import type { NodeSpec, Workflow } from "../api/types";
import { definitionIn, takeVersion } from "./definitions";
import { addNode } from "./edits";
import { historyOf } from "./history";
import { load } from "./load";
import { project } from "./project";

const TYPE = "workspace.half";
const version = (number: number) => ({ version: number, title: "Half", code: `input / ${number + 1}` });
const specs = (number: number) =>
  new Map([[TYPE, { type: TYPE, params: {}, definition: version(number) } as NodeSpec]]);
const EMPTY: Workflow = { id: "w", graph: { nodes: [], edges: [] } };

test("a placed node brings its definition along, and a later version changes nothing", () => {
  const doc = load(EMPTY);
  addNode(doc, { type: TYPE }, specs(1));
  addNode(doc, { type: TYPE }, specs(2));
  expect(definitionIn(project(doc), TYPE)).toEqual(version(1));
  takeVersion(doc, TYPE, version(2));
  expect(project(doc)["nodeTypes"]).toEqual({ [TYPE]: version(2) });
});

test("placing it is one step, and undo leaves nothing behind", () => {
  const doc = load(EMPTY);
  const history = historyOf(doc);
  addNode(doc, { type: TYPE }, specs(1));
  history.undo();
  expect(project(doc)).toEqual(EMPTY);
});
