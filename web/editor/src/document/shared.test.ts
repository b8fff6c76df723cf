// @vitest-environment node
/** Documents that both languages read alike: `tests/cases/document`. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import type { Workflow } from "../api/types";
import { anyEdit, SPECS } from "./anyEdit";
import { anyWorkflow, Chance } from "./chance";
import { load } from "./load";
import { project } from "./project";

interface Case {
  seed: number;
  update: string;
  workflow: Workflow;
}

const path = (name: string) => resolve(import.meta.dirname, "../../../../tests/cases/document", name);

/** A document that was edited, whose whole life is what the seed says. */
function made(seed: number): Case {
  const chance = new Chance(seed * 7919 + 1);
  const doc = new Y.Doc();
  doc.clientID = seed + 1;
  load(anyWorkflow(chance), SPECS, doc);
  for (let n = 0; n < 15; n++) anyEdit(doc, chance);
  return { seed, update: Buffer.from(Y.encodeStateAsUpdate(doc)).toString("base64"), workflow: project(doc) };
}

if (process.env["UPDATE_CASES"]) {
  const lines = Array.from({ length: 40 }, (_, seed) => JSON.stringify(made(seed)) + "\n");
  writeFileSync(path("editor.jsonl"), lines.join(""));
}

describe.each(["rust.jsonl", "editor.jsonl"])("%s", (name) => {
  const cases = readFileSync(path(name), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Case);

  test("there are cases", () => expect(cases.length).toBeGreaterThanOrEqual(20));

  test.each(cases)("seed $seed", ({ update, workflow }) => {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Buffer.from(update, "base64"));
    expect(project(doc)).toEqual(workflow);
  });
});
