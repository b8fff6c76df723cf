import { expect, test } from "vitest";
import { parseExact, writeExact } from "./exact";

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
