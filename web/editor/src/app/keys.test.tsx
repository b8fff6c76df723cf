import { cleanup, fireEvent, render } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { KEYS, keyName, useKeys, type Handlers, type Key } from "./keys";

afterEach(cleanup);

function Page({ handlers }: { handlers: Handlers }) {
  useKeys(handlers);
  return (
    <div data-keys-default="canvas">
      <input aria-label="field" />
      <div data-keys="timeline">
        <button type="button">timeline</button>
      </div>
      <div role="dialog">
        <button type="button">dialog</button>
      </div>
    </div>
  );
}

const press = (key: string, at: Element = document.body, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(at, { key, ...more });

test("a key acts where it is heard", () => {
  const [left, previousFrame] = [vi.fn(), vi.fn()];
  const { getByText } = render(<Page handlers={{ left, previousFrame }} />);
  press("ArrowLeft");
  expect([left, previousFrame].map((f) => f.mock.calls.length)).toEqual([1, 0]);
  press("ArrowLeft", getByText("timeline"));
  expect([left, previousFrame].map((f) => f.mock.calls.length)).toEqual([1, 1]);
});

test("while a run is shown over the canvas, its keys act wherever nothing else is meant", () => {
  const handlers = { left: vi.fn(), right: vi.fn(), previousFrame: vi.fn(), delete: vi.fn(), play: vi.fn() };
  const { getByText, getByLabelText } = render(<Both handlers={handlers} />);
  const counts = () => Object.values(handlers).map((handler) => handler.mock.calls.length);
  press("ArrowLeft");
  press("ArrowLeft", getByText("head"));
  press("ArrowLeft", getByText("idle canvas"));
  expect(counts()).toEqual([0, 0, 3, 0, 0]);
  press("ArrowLeft", getByText("canvas"));
  press("ArrowRight");
  press("Delete");
  expect(counts()).toEqual([1, 1, 3, 1, 0]);
  press("Delete", getByText("timeline"));
  press("Delete", getByText("head"));
  press("ArrowLeft", getByText("panel"));
  press("ArrowLeft", getByLabelText("field"));
  expect(counts()).toEqual([1, 1, 3, 1, 0]);
  // A button is pressed by Space; elsewhere it plays.
  expect(press(" ", getByText("head"))).toBe(true);
  expect(press(" ")).toBe(false);
  expect(counts()).toEqual([1, 1, 3, 1, 1]);
});

function Both({ handlers }: { handlers: Handlers }) {
  useKeys(handlers);
  return (
    <div data-keys-default="timeline canvas">
      <header data-keys="bar">
        <button type="button">head</button>
      </header>
      <div data-keys="canvas" data-idle>
        <p>idle canvas</p>
      </div>
      <div data-keys="canvas">
        <p>canvas</p>
      </div>
      <div data-keys="elsewhere">
        <p>panel</p>
        <input aria-label="field" />
      </div>
      <div data-keys="timeline">
        <p>timeline</p>
      </div>
    </div>
  );
}

test("nothing acts while somebody types, but what says so", () => {
  const handlers = { undo: vi.fn(), disable: vi.fn(), run: vi.fn() };
  const { getByLabelText } = render(<Page handlers={handlers} />);
  const field = getByLabelText("field");
  press("z", field, { ctrlKey: true });
  press("d", field);
  press("Enter", field, { ctrlKey: true });
  expect(Object.values(handlers).map((f) => f.mock.calls.length)).toEqual([0, 0, 1]);
});

test("nothing acts behind a dialog", () => {
  const undo = vi.fn();
  const { getByText } = render(<Page handlers={{ undo }} />);
  press("z", getByText("dialog"), { ctrlKey: true });
  expect(undo).not.toHaveBeenCalled();
});

test("a key without anybody who hears it is left to the browser", () => {
  render(<Page handlers={{}} />);
  expect(press("Tab")).toBe(true);
});

test("a character is its own key, whatever shift it takes", () => {
  const event = { key: "?", ctrlKey: false, metaKey: false, altKey: false, shiftKey: true };
  expect(keyName(event)).toBe("?");
  expect(keyName({ ...event, key: "Z", ctrlKey: true })).toBe("Mod+Shift+z");
  expect(keyName({ ...event, key: " ", shiftKey: false })).toBe("Space");
});

test("no two keys mean different things in one place", () => {
  const taken = new Map<string, string>();
  for (const { keys, where, action } of KEYS as readonly Key[]) {
    for (const key of keys) {
      for (const place of where === "anywhere" ? ["anywhere", "canvas", "timeline"] : [where]) {
        expect(taken.get(`${place} ${key}`), `${key} on ${place}: ${action}`).toBeUndefined();
        taken.set(`${place} ${key}`, action);
      }
    }
  }
});
