import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import type { RunEvent } from "./live";
import { forgetRecorded, forgetWords, hearPiece, tailOf, useLastWords, useWordsOf } from "./words";

const drawn = () => act(() => new Promise((resolve) => requestAnimationFrame(() => resolve(undefined))));
const recorded = (event: RunEvent) => act(() => forgetRecorded({ seq: 9, at: "", event }));
const say = (frame: number, ordinal: number, text: string) => hearPiece({ frame, ordinal, text }, (of) => `node-${of}`);

afterEach(() => {
  act(forgetWords);
  cleanup();
});

test("words grow until the answer is recorded; the next question begins anew", async () => {
  const { result } = renderHook(() => [useWordsOf(3), useWordsOf(5), useLastWords("node-3")]);
  say(3, 0, "Good ");
  say(3, 0, "morning");
  say(5, 0, "Other");
  await drawn();
  expect(result.current).toEqual(["Good morning", "Other", "Good morning"]);
  recorded({ type: "effectAnswered", frame: 3, ordinal: 0 });
  expect(result.current).toEqual([null, "Other", null]);
  say(3, 1, "Again");
  await drawn();
  expect(result.current[0]).toBe("Again");
  recorded({ type: "effectAnswered", frame: 3, ordinal: 0 });
  expect(result.current[0], "an older answer takes nothing away").toBe("Again");
  recorded({ type: "frameClosed", frame: 3, ending: { completed: null } });
  expect(result.current).toEqual([null, "Other", null]);
  recorded({ type: "runClosed", ending: { completed: null } });
  expect(result.current[1]).toBeNull();
});

test("what was recorded before it was drawn is not shown", async () => {
  const { result } = renderHook(() => useWordsOf(3));
  say(3, 0, "late");
  recorded({ type: "effectAnswered", frame: 3, ordinal: 0 });
  await drawn();
  expect(result.current).toBeNull();
});

test("on a node stands the end, on one line", () => {
  expect(tailOf("one\n  two ")).toBe("one two");
  expect(tailOf("x".repeat(100))).toBe(`…${"x".repeat(60)}`);
});
