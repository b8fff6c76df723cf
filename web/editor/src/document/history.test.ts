import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as Y from "yjs";
import { addNode, setNodeField, setParam, sharedText } from "./edits";
import { historyOf, type History } from "./history";
import { load, LOADED, specsByType } from "./load";
import { codeSpec } from "./chance";
import { project } from "./project";
import { roots } from "./shape";

const specs = specsByType([codeSpec]);
const start = () => {
  const doc = load(
    { id: "w", graph: { nodes: [{ id: "a", type: "code.rhai", params: { code: "1" } }], edges: [] } },
    specs,
  );
  return { doc, history: historyOf(doc), param: (name: string) => project(doc).graph.nodes[0]?.params?.[name] };
};

test("keystrokes in one field are one step, in another field another", () => {
  const { doc, history, param } = start();
  for (const text of ["h", "he", "hey"]) setParam(doc, "a", "url", text, { typing: true });
  for (const text of ["x", "xy"]) setParam(doc, "a", "other", text, { typing: true });
  history.undo();
  expect([param("url"), param("other")]).toEqual(["hey", undefined]);
  history.undo();
  expect(param("url")).toBeUndefined();
});

describe("typing, by the clock", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const steps = (history: History) => {
    let count = 0;
    while (history.undo() !== null) count++;
    return count;
  };
  const type = (doc: Y.Doc, text: string, ms: number) => {
    setParam(doc, "a", "url", text, { typing: true });
    vi.advanceTimersByTime(ms);
  };

  test("with a moment of thought is one step, after two seconds of silence another", () => {
    const { doc, history, param } = start();
    type(doc, "h", 1500);
    type(doc, "he", 1900);
    type(doc, "hey", 2100);
    type(doc, "hey you", 0);
    history.undo();
    expect(param("url")).toBe("hey");
    expect(steps(history)).toBe(1);
  });

  test("in a field that was left and entered again is another step", () => {
    const { doc, history } = start();
    type(doc, "h", 10);
    history.pause();
    type(doc, "he", 10);
    expect(steps(history)).toBe(2);
  });

  test("goes on in another step after something else was done", () => {
    const { doc, history } = start();
    type(doc, "h", 10);
    addNode(doc, { type: "log" });
    type(doc, "he", 10);
    expect(steps(history)).toBe(3);
  });

  test("is one step also when others write in the same text meanwhile, and is taken back without theirs", () => {
    const { doc, history } = start();
    const mine = new (class Binding {
      readonly tracked = true;
    })();
    history.track(mine);
    const text = sharedText(doc, "a", "code") as Y.Text;
    // As a text editor's binding does: what changed is asked of the event.
    text.observe((event) => void event.delta);
    const theirs = new Y.Doc();
    Y.applyUpdate(theirs, Y.encodeStateAsUpdate(doc));
    const room = {};
    for (const key of " + 2") {
      doc.transact(() => text.insert(text.length, key), mine);
      sharedText(theirs, "a", "code")?.insert(0, "x");
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(theirs), room);
    }
    history.undo();
    expect(text.toString()).toBe("xxxx1");
    expect(history.canUndo()).toBe(false);
  });

  test("in a text editor is a step of its own, and no part of what was done before or in another editor", () => {
    const { doc, history } = start();
    class Binding {
      readonly tracked = true;
    }
    const [one, other] = [new Binding(), new Binding()];
    history.track(Binding);
    const text = sharedText(doc, "a", "code");
    const key = (binding: Binding) => doc.transact(() => text?.insert(0, "x"), binding);
    addNode(doc, { type: "log" });
    for (const binding of [one, one, one, other, other]) key(binding);
    addNode(doc, { type: "log" });
    key(other);
    expect(steps(history)).toBe(5);
  });
});

test("two quick edits by hand are two steps, each by its name", () => {
  const { doc, history } = start();
  addNode(doc, { type: "log" });
  setNodeField(doc, "a", "timeoutMs", 5);
  expect(history.undo()).toBe("Change timeoutMs");
  expect(history.undo()).toBe("Add log");
  expect(history.undo()).toBeNull();
  expect(history.redo()).toBe("Add log");
});

test("code is shared text, and only what differs is replaced", () => {
  const { doc } = start();
  const text = sharedText(doc, "a", "code");
  expect(text).toBeInstanceOf(Y.Text);
  const seen: unknown[] = [];
  text?.observe((event) => seen.push(event.delta));
  setParam(doc, "a", "code", "1 + 2");
  expect(seen).toEqual([[{ retain: 1 }, { insert: " + 2" }]]);
});

test("what others did is not undone", () => {
  const { doc, history } = start();
  addNode(doc, { type: "log" });
  doc.transact(() => roots(doc).meta.set("name", "theirs"), LOADED);
  history.undo();
  expect(project(doc)).toMatchObject({ name: "theirs", graph: { nodes: [{ id: "a" }] } });
});

test("an edit that changes nothing is no step", () => {
  const { doc, history } = start();
  setNodeField(doc, "a", "type", "code.rhai");
  setParam(doc, "a", "code", "1");
  expect(history.canUndo()).toBe(false);
});
