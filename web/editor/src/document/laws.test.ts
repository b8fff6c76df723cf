/** What holds for every workflow and every edit. A failure prints its seed. */
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { anyEdit, SPECS } from "./anyEdit";
import { anyWorkflow, Chance } from "./chance";
import { historyOf } from "./history";
import { load, LOADED } from "./load";
import { project } from "./project";
import { reconcile } from "./reconcile";
import { viewOf } from "./view";

const SEEDS = Array.from({ length: 150 }, (_, seed) => seed * 7919 + 1);
const bytes = (doc: Y.Doc) => JSON.stringify(project(doc));

describe.each(SEEDS)("seed %i", (seed) => {
  test("a workflow survives the document", () => {
    const workflow = anyWorkflow(new Chance(seed));
    expect(project(load(workflow, SPECS))).toEqual(workflow);
  });

  test("undo gives back every step byte for byte, redo too", () => {
    const chance = new Chance(seed);
    const doc = load(anyWorkflow(chance), SPECS);
    const history = historyOf(doc);
    const steps = [bytes(doc)];
    for (let n = 0; n < 25; n++) {
      anyEdit(doc, chance);
      history.pause();
      if (bytes(doc) !== steps.at(-1)) steps.push(bytes(doc));
    }
    const seen = unwind(doc, history.undo, steps[0] as string);
    expect(seen).toEqual(steps.slice(0, -1).reverse());
    const again = unwind(doc, history.redo, steps.at(-1) as string);
    expect(again).toEqual(steps.slice(1));
  });

  test("a document that was carried over says the same", () => {
    const chance = new Chance(seed);
    const doc = load(anyWorkflow(chance), SPECS);
    for (let n = 0; n < 15; n++) anyEdit(doc, chance);
    historyOf(doc).undo();
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    expect(bytes(other)).toBe(bytes(doc));
  });

  test("the view shows what is there, and keeps what nobody touched", () => {
    const chance = new Chance(seed);
    const doc = load(anyWorkflow(chance), SPECS);
    const view = viewOf(doc);
    for (let n = 0; n < 15; n++) {
      const before = view.get();
      anyEdit(doc, chance);
      const after = view.get();
      expect(after.workflow).toEqual(project(doc));
      const old = new Map(before.nodes.map((entry) => [entry.key, entry.value]));
      for (const { key, value } of after.nodes) {
        if (JSON.stringify(old.get(key)) === JSON.stringify(value)) continue;
        expect(old.get(key)).not.toBe(value);
      }
    }
  });

  test("a document can be made to hold any workflow", () => {
    const chance = new Chance(seed);
    const doc = load(anyWorkflow(chance), SPECS);
    const wanted = anyWorkflow(chance);
    doc.transact(() => reconcile(doc, wanted, SPECS), LOADED);
    expect(project(doc)).toEqual(wanted);
  });
});

/** Every state on the way to `goal`. */
function unwind(doc: Y.Doc, step: () => string | null, goal: string): string[] {
  const seen: string[] = [];
  while (step() !== null) if (seen.at(-1) !== bytes(doc)) seen.push(bytes(doc));
  expect(bytes(doc)).toBe(goal);
  return seen;
}
