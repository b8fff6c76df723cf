import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Saver } from "./save";

/** A saver, and a service that answers the questions when it is told to. */
function start() {
  const state = { asked: 0, renewed: 0 };
  const saver = new Saver({
    ask: () => state.asked++,
    renew: () => {
      state.renewed++;
      saver.gone();
    },
    after: (ms, act) => {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  });
  const kind = () => saver.saved.state.kind;
  /** Greets, is asked by the service, and hears both answers. */
  const connect = () => {
    saver.connected();
    saver.told();
    saver.answered();
    saver.answered();
  };
  return { saver, state, kind, connect };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a document is saved when the service has been sent all of it and has answered a question after that", () => {
  const { saver, state, kind } = start();
  saver.connected();
  saver.answered();
  expect(kind()).toBe("saving");
  saver.told();
  expect(state.asked).toBe(1);
  saver.answered();
  expect(kind()).toBe("saved");
});

test("the answer to the greeting says nothing, even when it comes after all was sent", () => {
  const { saver, kind } = start();
  saver.connected();
  saver.told();
  saver.answered();
  expect(kind()).toBe("saving");
  saver.answered();
  expect(kind()).toBe("saved");
});

test("keystrokes within a moment are asked about once", () => {
  const { saver, state, kind, connect } = start();
  connect();
  for (let n = 0; n < 10; n++) saver.edited();
  expect(kind()).toBe("saving");
  vi.advanceTimersByTime(300);
  expect(state.asked).toBe(2);
  saver.answered();
  expect(kind()).toBe("saved");
});

test("what was typed after the question is not said to be saved by its answer", () => {
  const { saver, state, kind, connect } = start();
  connect();
  saver.edited();
  vi.advanceTimersByTime(300);
  saver.edited();
  saver.answered();
  expect(kind()).toBe("saving");
  vi.advanceTimersByTime(300);
  expect(state.asked).toBe(3);
  saver.answered();
  expect(kind()).toBe("saved");
});

test("a connection that is lost before the answer leaves it unsaved, until another one answers", () => {
  const { saver, kind, connect } = start();
  connect();
  saver.edited();
  vi.advanceTimersByTime(300);
  saver.gone();
  expect(kind()).toBe("offline");
  saver.edited();
  expect(kind()).toBe("offline");
  saver.connected();
  // The greeting's answer, and no other.
  saver.answered();
  expect(kind()).toBe("saving");
  saver.told();
  saver.answered();
  expect(kind()).toBe("saved");
});

test("a service that does not answer is taken for away", () => {
  const { saver, state, kind, connect } = start();
  connect();
  saver.edited();
  vi.advanceTimersByTime(10_000);
  expect(state.renewed).toBe(1);
  expect(kind()).toBe("offline");
});

test("with nothing to ask, silence is no fault", () => {
  const { state, connect } = start();
  connect();
  vi.advanceTimersByTime(60_000);
  expect(state.renewed).toBe(0);
});

test("waiting for it asks at once, and ends with the answer", async () => {
  const { saver, state, connect } = start();
  connect();
  saver.edited();
  const waited = vi.fn();
  const waiting = saver.now().then(waited);
  expect(state.asked).toBe(2);
  await Promise.resolve();
  expect(waited).not.toHaveBeenCalled();
  saver.answered();
  await waiting;
  expect(saver.saved.state.kind).toBe("saved");
});

test("waiting for it ends also when the service goes away, or refuses it", async () => {
  const { saver, connect } = start();
  connect();
  saver.edited();
  const first = saver.now();
  saver.gone();
  await first;
  saver.connected();
  const second = saver.now();
  saver.refused("too large", "make it smaller");
  await second;
  expect(saver.saved.state).toEqual({ kind: "refused", message: "too large", hint: "make it smaller" });
});

test("who may only look is told so, whatever the connection does", () => {
  const { saver, kind, connect } = start();
  saver.mayWrite(false);
  connect();
  saver.edited();
  saver.gone();
  expect(kind()).toBe("read-only");
  saver.mayWrite(true);
  connect();
  expect(kind()).toBe("saved");
});
