import { describe, expect, it } from "vitest";
import type { Json, JsonSchema } from "../api/types";
import { fieldOf } from "../lib/schema";
import { convert, modeFor, suits, type Mode } from "./mode";

const field = (schema: JsonSchema, required = false) => fieldOf("f", schema, required);

describe("the way a value is entered", () => {
  it.each<[JsonSchema, boolean, Json | undefined, Mode]>([
    [{ type: "string" }, true, undefined, "value"],
    [{ type: "string" }, true, "a {{ b }}", "expression"],
    [{ type: "integer" }, false, 3, "value"],
    [{ type: "integer" }, false, "{{ 3 }}", "expression"],
    [{ type: "boolean" }, true, undefined, "expression"],
    [{ type: "boolean", default: false }, false, undefined, "value"],
    [{ type: "array", examples: ["{{ input.rows }}"] }, false, undefined, "expression"],
    [{ type: "array" }, false, { not: "a list" }, "json"],
    [{}, false, undefined, "text"],
    [{}, false, null, "nothing"],
    [{}, false, { a: 1 }, "json"],
    [{ type: "object", properties: { a: {} } }, false, { b: 1 }, "json"],
  ])("%j, needed %s, %j: %s", (schema, required, value, mode) => {
    expect(modeFor(field(schema, required), value)).toBe(mode);
  });

  it("is kept while the value allows it", () => {
    expect(suits("expression", field({ type: "string" }), "")).toBe(true);
    expect(suits("expression", field({ type: "integer" }), 4)).toBe(false);
    expect(suits("value", field({ type: "integer" }), "{{ 4 }}")).toBe(false);
    expect(suits("json", field({}), "a")).toBe(true);
    expect(suits("text", field({}), 4)).toBe(false);
  });
});

describe("another way", () => {
  it.each<[JsonSchema, Json | undefined, Mode, Json | undefined]>([
    [{ type: "integer" }, 5, "expression", "{{ 5 }}"],
    [{ type: "integer" }, "{{ 5 }}", "value", 5],
    [{ type: "integer" }, "{{ input.a }}", "value", undefined],
    [{ type: "string" }, "abc", "expression", "abc"],
    [{ type: "integer", default: 7 }, undefined, "expression", "{{ 7 }}"],
    [{}, "12", "number", 12],
    [{}, "x", "number", 0],
    [{}, 12, "text", "12"],
    [{}, "true", "boolean", true],
    [{}, 1, "nothing", null],
    [{ type: "array" }, undefined, "json", []],
  ])("%j: %j as %s is %j", (schema, value, mode, given) => {
    expect(convert(field(schema), value, mode)).toEqual(given);
  });
});
