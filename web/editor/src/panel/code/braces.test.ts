import { describe, expect, it } from "vitest";
import { closeBraces, expressionAt, overBrace } from "./braces";

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
    ["{{|", "{{|}}"],
    ["a {{| b", "a {{|}} b"],
    ["{{| }}", "{{| }}"],
    ["{{| input.a }} b", "{{| input.a }} b"],
    ["{{| and {{ b }}", "{{|}} and {{ b }}"],
    ["{|", "{|"],
    ["{{{|", "{{{|"],
  ])("%s becomes %s", (before, after) => {
    const { text, caret } = closeBraces(before.replace("|", ""), before.indexOf("|"));
    expect(`${text.slice(0, caret)}|${text.slice(caret)}`).toBe(after);
  });

  it.each([
    ["{{ a |}}", "{{ a }|}"],
    ["{{ a }|}", "{{ a }}|"],
    ["{{ a | }}", "{{ a  }|}"],
    ["{{ #{ b: 1 |}}", null],
    ["{{ #{ b: 1 |}}}", null],
    ["{{ #{ b: 1 }|}}", "{{ #{ b: 1 }}|}"],
    ["{{ a }}|", null],
    ["a |}}", null],
  ])("a } typed in %s gives %s", (before, after) => {
    const text = before.replace("|", "");
    const caret = overBrace(text, before.indexOf("|"));
    expect(caret === null ? null : `${text.slice(0, caret)}|${text.slice(caret)}`).toBe(after);
  });
});
