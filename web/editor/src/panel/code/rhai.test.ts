import { StringStream } from "@codemirror/language";
import { describe, expect, it } from "vitest";
import { rhaiStart, rhaiToken } from "./rhai";

/** Tokens as `style:text`, without plain names, operators and space. */
function tokens(source: string): string[] {
  const state = rhaiStart();
  const found: string[] = [];
  for (const line of source.split("\n")) {
    const stream = new StringStream(line, 2, 2);
    while (!stream.eol()) {
      stream.start = stream.pos;
      const style = rhaiToken(stream, state);
      if (style && !["operator", "bracket", "brace", "variableName"].includes(style))
        found.push(`${style}:${stream.current()}`);
    }
  }
  return found;
}

describe("Rhai", () => {
  it.each([
    ["let t = 0.5;", ["keyword:let", "number:0.5"]],
    ["input.rows.len()", ["variableName.special:input", "propertyName:rows", "variableName.function:len"]],
    ["0..10", ["number:0", "number:10"]],
    ["#{ total: t }", ["propertyName:total"]],
    ['"a \\" b" + 1', ['string:"a \\" b"', "number:1"]],
    ["a /* b /* c */ d */ true", ["comment:/* b /* c */ d */", "atom:true"]],
    ["/* one\ntwo */ 3", ["comment:/* one", "comment:two */", "number:3"]],
    ["`a ${b + 1} c` 2", ["string:`", "string:a ", "number:1", "string: c`", "number:2"]],
    ["`a ${ #{x: 1}.x } b`", ["string:`", "string:a ", "propertyName:x", "number:1", "propertyName:x", "string: b`"]],
    ["// all of it let", ["comment:// all of it let"]],
  ])("%s", (source, expected) => {
    expect(tokens(source)).toEqual(expected);
  });
});
