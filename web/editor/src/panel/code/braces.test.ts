import { describe, expect, it } from "vitest";
import { closeBraces, expressionAt } from "./braces";

describe("braces", () => {
  it.each([
    ["a {{ b|", 4],
    ["{{|", 2],
    ["{|", null],
    ["{{ b }}|", null],
    ["{{ b }} {{ c|", 10],
    ["|", null],
  ])("%s: the expression begins at %j", (text, start) => {
    const caret = text.indexOf("|");
    expect(expressionAt(text.replace("|", ""), caret)).toBe(start);
  });

  it.each([
    ["{{|", "{{ | }}"],
    ["a {{| b", "a {{ | }} b"],
    ["{{| }}", "{{| }}"],
    ["{{| input.a }} b", "{{| input.a }} b"],
    ["{{| and {{ b }}", "{{ | }} and {{ b }}"],
    ["{|", "{|"],
    ["{{{|", "{{{|"],
  ])("%s becomes %s", (before, after) => {
    const { text, caret } = closeBraces(before.replace("|", ""), before.indexOf("|"));
    expect(`${text.slice(0, caret)}|${text.slice(caret)}`).toBe(after);
  });
});
