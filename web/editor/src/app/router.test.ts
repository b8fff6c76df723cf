import { expect, test } from "vitest";
import { addressOf, parsePlace, type Place } from "./router";

const PLACES: Exclude<Place, { screen: "unknown" }>[] = [
  { screen: "workflows" },
  { screen: "workflow", id: "order-total" },
  { screen: "workflow", id: "a/b c%" },
  { screen: "workflow", id: "w", run: "r1", seq: 4 },
  { screen: "workflow", id: "w", run: "r1" },
  { screen: "workflow", id: "w", version: "abc" },
  { screen: "workflow", id: "w", run: "r1", version: "abc" },
  { screen: "runs" },
  { screen: "dashboard" },
  { screen: "settings" },
  { screen: "run", id: "r1", seq: null, node: null, diff: null },
  { screen: "run", id: "r1", seq: 12, node: "a b", diff: "r2" },
];

test.each(PLACES)("$screen: an address leads back to its place", (place) => {
  const [path = "", search = ""] = addressOf(place).split(/(?=\?)/);
  expect(parsePlace(path, search)).toEqual(place);
});

test("a moment that is none is left out", () => {
  for (const seq of ["0", "-1", "x", "1.5"]) expect(parsePlace("/runs/r", `?seq=${seq}`)).toMatchObject({ seq: null });
});

test("other paths lead nowhere", () => {
  for (const path of ["/nothing", "/workflows/a/b", "/%E0%A4%A"]) expect(parsePlace(path).screen).toBe("unknown");
});
