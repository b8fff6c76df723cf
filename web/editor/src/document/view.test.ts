import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as Y from "yjs";
import { codeSpec } from "./chance";
import { rename, setParam, sharedText } from "./edits";
import { load, specsByType } from "./load";
import { viewOf } from "./view";

const SPECS = specsByType([codeSpec]);
const WORKFLOW = {
  id: "w",
  graph: {
    nodes: [
      { id: "a", type: "code.rhai", params: { code: "1" } },
      { id: "b", type: "log" },
    ],
    edges: [],
  },
};

/** A document, and the same one in another hand, whose changes arrive here. */
function two() {
  const [here, there] = [load(WORKFLOW, SPECS), new Y.Doc()];
  Y.applyUpdate(there, Y.encodeStateAsUpdate(here));
  there.on("update", (update: Uint8Array) => Y.applyUpdate(here, update, "room"));
  const view = viewOf(here);
  let told = 0;
  view.subscribe(() => told++);
  const text = sharedText(there, "a", "code") as Y.Text;
  return { here, there, view, text, told: () => told };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("what a document shows", () => {
  test("a node that nobody touched is the very same object after an edit", () => {
    const { there, view } = two();
    const before = view.get();
    rename(there, "a", "Ada");
    const after = view.get();
    expect(after.nodes.map(({ value }) => value.name)).toEqual(["Ada", undefined]);
    expect(after.nodes[1]).toBe(before.nodes[1]);
    expect(after.nodes[0]).not.toBe(before.nodes[0]);
  });

  test("letters of another hand are there at once, and told when they rest", () => {
    const { view, text, told } = two();
    for (const letter of "234") {
      text.insert(text.length, letter);
      vi.advanceTimersByTime(50);
    }
    expect(view.node("a")?.params).toEqual({ code: "1234" });
    expect(told()).toBe(0);
    vi.advanceTimersByTime(200);
    expect(told()).toBe(1);
  });

  test("hands that never rest are told of all the same", () => {
    const { text, told } = two();
    for (let n = 0; n < 40; n++) {
      text.insert(0, "x");
      vi.advanceTimersByTime(50);
    }
    expect(told()).toBeGreaterThanOrEqual(3);
    expect(told()).toBeLessThanOrEqual(5);
  });

  test("all else is told at once, and the letters before it with it", () => {
    const { there, text, told } = two();
    text.insert(0, "x");
    rename(there, "b", "Tell");
    expect(told()).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(told()).toBe(1);
  });

  test("what is typed here into a form is told at once, for the form shows what the document holds", () => {
    const { here, told } = two();
    setParam(here, "a", "code", "12", { specs: SPECS, typing: true });
    expect(told()).toBe(1);
  });

  test("an entry that comes to stand elsewhere is listed there", () => {
    const { there, view } = two();
    expect(view.get().nodes.map(({ key }) => key)).toEqual(["a", "b"]);
    (there.getMap("nodes").get("a") as Y.Map<unknown>).set("$order", 7);
    expect(view.get().nodes.map(({ key }) => key)).toEqual(["b", "a"]);
  });
});
