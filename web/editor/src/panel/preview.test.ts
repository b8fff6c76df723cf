import { describe, expect, it } from "vitest";
import type { Problem } from "../api/types";
import { problemOf, type Trial } from "./preview";

const failing = (text: string, code: string, place: Problem["place"]): Trial => ({
  kind: "given",
  text,
  outcome: { problem: { severity: "error", code, message: "m", place } },
});

describe("what is wrong with an expression", () => {
  it("is shown without values only when it is wrong for any value", () => {
    expect(problemOf(failing("{{ 1 + }}", "syntax", { line: 1, column: 8 }), false)?.place.column).toBe(8);
    expect(problemOf(failing("{{ a }}", "undefined", { line: 1, column: 1 }), false)).toBeNull();
  });

  it("has its place in the text, or none", () => {
    expect(problemOf(failing("{{ a }}", "undefined", { line: 1, column: 1 }), true)?.place).toEqual({
      line: 1,
      column: 4,
    });
    expect(problemOf(failing("x {{ a }} {{ b }}", "undefined", { line: 1, column: 1 }), true)?.place).toEqual({});
  });

  it("is nothing while nothing was tried", () => {
    expect(problemOf({ kind: "none" }, true)).toBeNull();
  });
});
