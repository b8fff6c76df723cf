import { expect, test } from "vitest";
import { changedOf, numberText, parseExact, readJson, writeExact, writeJson, writeJsonOf } from "./exact";

const TEXT = `{"one":1.0,"id":12345678901234567890,"plain":7,"half":0.5,"many":[1.0,2,{"x":1e3}],"words":"1.0 and \\" 2.0"}`;

test("what nobody changed is written as it was read", () => {
  const { value, exact } = parseExact(TEXT);
  expect(value).toMatchObject({ one: 1, plain: 7, many: [1, 2, { x: 1000 }], words: '1.0 and " 2.0' });
  expect(writeExact(value, exact)).toBe(TEXT);
});

test("what somebody changed is written as it is now", () => {
  const { value, exact } = parseExact(TEXT);
  expect(writeExact({ ...(value as object), one: 2, many: "none" }, exact)).toBe(
    `{"one":2,"id":12345678901234567890,"plain":7,"half":0.5,"many":"none","words":"1.0 and \\" 2.0"}`,
  );
});

test("a text without such numbers costs nothing", () => {
  expect(parseExact(`{"a":[1,2.5,-3]}`).exact).toBeNull();
});

test("what was read knows its numbers by itself, also inside of something new", () => {
  const value = readJson(TEXT) as Record<string, unknown>;
  expect(writeJson(value)).toBe(TEXT);
  expect(writeJson({ around: [value["many"]] })).toBe(`{"around":[[1.0,2,{"x":1e3}]]}`);
  expect(writeJsonOf(value, "id")).toBe("12345678901234567890");
  expect(writeJsonOf(value, "missing")).toBe("null");
  expect(writeJson({ words: '{"$exactNumber":"3"}' })).toBe(String.raw`{"words":"{\"$exactNumber\":\"3\"}"}`);
});

test("a number that became another is written as it is now", () => {
  const value = readJson(`{"a":8.0,"b":8.0}`) as Record<string, number>;
  value["a"] = 9;
  expect(writeJson(value)).toBe(`{"a":9,"b":8.0}`);
  expect(numberText(value, "a")).toBeUndefined();
  expect(writeJson(changedOf(value, { a: 1 }))).toBe(`{"a":1,"b":8.0}`);
});
