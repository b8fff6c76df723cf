import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../api/types";
import {
  asExpression,
  asRhai,
  asTitle,
  blank,
  fieldOf,
  fieldsOf,
  fits,
  hint,
  parseJson,
  parseNumber,
  placeholderOf,
  wholeExpression,
  type Field,
} from "./schema";

const REQUEST: JsonSchema = {
  type: "object",
  required: ["url"],
  properties: {
    url: { type: "string", minLength: 1, title: "URL", examples: ["https://a.example"] },
    method: { enum: ["GET", "POST"], default: "GET" },
    headers: { type: "object" },
    timeoutMs: { type: "integer", minimum: 1, maximum: 10, default: 5 },
    body: {},
    by: { type: "array", items: { type: "object", properties: { field: { type: "string" } }, required: ["field"] } },
  },
  "x-order": ["method", "url", "gone"],
};

const named = (name: string): Field => {
  const field = fieldsOf(REQUEST).find((one) => one.name === name);
  if (!field) throw new Error(`no field ${name}`);
  return field;
};

describe("fields", () => {
  it("come in the author's order, then the others as written", () => {
    expect(fieldsOf(REQUEST).map((field) => `${field.name}:${field.kind}`)).toEqual([
      "method:choice",
      "url:text",
      "headers:map",
      "timeoutMs:number",
      "body:any",
      "by:list",
    ]);
  });

  it("carry title, need, default and examples", () => {
    expect(named("url")).toMatchObject({ title: "URL", required: true, examples: ["https://a.example"] });
    expect(named("timeoutMs")).toMatchObject({ title: "Timeout ms", required: false, initial: 5, whole: true });
  });

  it("know code, and what is read as it stands", () => {
    const schema: JsonSchema = {
      properties: { code: { type: "string", "x-lines": 8 }, schema: { type: "object" } },
    };
    const fields = fieldsOf(schema, { code: ["code"], lazy: ["schema"] });
    expect(fields.map((field) => field.kind)).toEqual(["code", "json"]);
    expect(fields[0]).toMatchObject({ lines: 8 });
  });

  it("take a nullable type by its other half", () => {
    expect(fieldOf("a", { type: ["integer", "null"] }).kind).toBe("number");
    expect(fieldOf("a", { type: ["integer", "string"] }).kind).toBe("any");
  });

  it("are a choice when every alternative is a constant, else forms", () => {
    expect(fieldOf("a", { oneOf: [{ const: 1 }, { const: "two" }] })).toMatchObject({
      kind: "choice",
      choices: [1, "two"],
    });
    const either = fieldOf("a", { oneOf: [{ type: "string", title: "Name" }, { type: "integer" }] });
    expect(either.kind === "variant" && either.variants.map((one) => one.title)).toEqual(["Name", "Option 2"]);
  });
});

describe("hint", () => {
  it.each([
    ["url", undefined, "needed"],
    ["url", "", "needed"],
    ["url", "https://a.example", null],
    ["url", "{{ input.url }}", null],
    ["method", undefined, null],
    ["method", "PUSH", "not one of the choices"],
    ["timeoutMs", 0, "at least 1"],
    ["timeoutMs", 11, "at most 10"],
    ["timeoutMs", 1.5, "a whole number"],
    ["timeoutMs", "{{ 3 }}", null],
    ["headers", [], "not a record"],
    ["by", {}, "not a list"],
    ["body", null, null],
  ])("%s = %j: %s", (name, value, said) => {
    expect(hint(named(name), value as never)).toBe(said);
  });
});

describe("blank", () => {
  it("has what is needed and nothing else", () => {
    const by = named("by");
    expect(by.kind === "list" && blank(by.item)).toEqual({ field: "" });
    expect(blank(named("method"))).toBe("GET");
    expect(blank(fieldOf("n", { type: "integer", minimum: 3 }))).toBe(3);
  });

  it("fits its own field", () => {
    for (const field of fieldsOf(REQUEST)) expect(fits(field, blank(field))).toBe(true);
  });
});

describe("expressions", () => {
  it.each([
    ["{{ input.a }}", "input.a"],
    [" {{a}} ", "a"],
    ["{{ a }} and {{ b }}", null],
    ["a {{ b }}", null],
  ])("%s is whole: %j", (text, inner) => {
    expect(wholeExpression(text)).toBe(inner);
  });

  it("writes values as Rhai does", () => {
    expect(asRhai({ a: [1, null, "x"], "b c": {} })).toBe('#{ a: [1, (), "x"], "b c": #{} }');
    expect(asExpression(5)).toBe("{{ 5 }}");
    expect(asExpression("{{ a }}")).toBe("{{ a }}");
    expect(asExpression(undefined)).toBe("{{  }}");
  });
});

describe("what a person typed", () => {
  it.each([
    ["12", true, 12],
    [" -1.5e2 ", true, -150],
    ["1.5", true, "a whole number"],
    ["1.5", false, 1.5],
    ["", false, "not a number"],
    ["0x10", false, "not a number"],
    ["1e999", false, "too large"],
    ["9007199254740993", true, "too large to be kept exactly: write it as an expression"],
  ])("%j as a number (whole: %s): %j", (text, whole, given) => {
    const parsed = parseNumber(text, whole);
    expect(parsed.problem ?? parsed.value).toBe(given);
  });

  it("says where JSON is wrong", () => {
    expect(parseJson('{"a": [1]}')).toEqual({ value: { a: [1] } });
    expect(parseJson('{\n  "a": 1,\n}').problem).toMatch(/line 3, column 1/);
  });

  it("reads names", () => {
    expect(asTitle("maxValueBytes")).toBe("Max value bytes");
    expect(asTitle("max_delay")).toBe("Max delay");
  });
});

it("an empty field shows what holds without a value, else an example that says that it is one", () => {
  const [limit, address, bare] = fieldsOf({
    type: "object",
    properties: {
      limit: { type: "integer", default: 30 },
      address: { type: "string", examples: ["https://example.com"] },
      bare: { type: "string" },
    },
  }) as [Field, Field, Field];
  expect([placeholderOf(limit), placeholderOf(address), placeholderOf(bare)]).toEqual([
    "30",
    "e.g. https://example.com",
    bare.unset ?? "",
  ]);
});
