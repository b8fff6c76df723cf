// @vitest-environment node
/** What the service and this editor say about odd documents: `tests/cases/document/odd.jsonl`. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import type { Problem, Workflow } from "../api/types";
import { SPECS } from "./anyEdit";
import { remove, rename, setParam } from "./edits";
import { ODD_NAMES, oddDocument } from "./odd";
import { project, projected } from "./project";
import { reconcile } from "./reconcile";

interface Case {
  name: string;
  update: string;
  workflow: Workflow;
  problems: Problem[];
}

const FILE = resolve(import.meta.dirname, "../../../../tests/cases/document/odd.jsonl");

function made(name: string): Case {
  const doc = oddDocument(name);
  return { name, update: Buffer.from(Y.encodeStateAsUpdate(doc)).toString("base64"), ...projected(doc) };
}

if (process.env["UPDATE_CASES"])
  writeFileSync(FILE, ODD_NAMES.map((name) => JSON.stringify(made(name)) + "\n").join(""));

const cases = readFileSync(FILE, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Case);

function opened({ update }: Case): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Buffer.from(update, "base64"));
  return doc;
}

/** As a set: the two sides come upon them in other orders. */
const sorted = (problems: readonly Problem[]) => problems.map((problem) => JSON.stringify(problem)).sort();

test("each odd thing has its case", () => expect(cases.map(({ name }) => name)).toEqual(ODD_NAMES));

describe.each(cases)("$name", (one) => {
  test("is shown as far as it can be, with its problems", () => {
    const { workflow, problems } = projected(opened(one));
    expect(workflow).toEqual(one.workflow);
    expect(problems).toEqual(one.problems);
  });

  test("stays when something else is changed", () => {
    const doc = opened(one);
    const fresh = { id: "fresh", type: "log" };
    const wanted = { ...one.workflow, graph: { ...one.workflow.graph, nodes: [...one.workflow.graph.nodes, fresh] } };
    doc.transact(() => reconcile(doc, wanted, SPECS));
    expect(project(doc)).toEqual(wanted);
    expect(sorted(projected(doc).problems)).toEqual(sorted(one.problems));
  });

  test("a workflow that is the same changes nothing", () => {
    const doc = opened(one);
    let updates = 0;
    doc.on("update", () => updates++);
    doc.transact(() => reconcile(doc, one.workflow, SPECS));
    expect(updates).toBe(0);
  });

  test("can be edited, and be removed", () => {
    const doc = opened(one);
    for (const { id } of one.workflow.graph.nodes) {
      rename(doc, id, "New");
      setParam(doc, id, "more", 1, { specs: SPECS });
    }
    remove(doc, { nodes: doc.getMap("nodes").keys() });
    expect(project(doc).graph.nodes).toEqual([]);
  });
});
