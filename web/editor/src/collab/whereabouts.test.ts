import { expect, test } from "vitest";
import { peerOf, type Peer } from "./peer";
import { whereabouts } from "./whereabouts";

const nameOf = (id: string) => ({ sum: "Sum" })[id] ?? id;
const at = (place: object, more: object = {}) => peerOf(1, { user: { name: "Ada" }, place, ...more }) as Peer;

test.each([
  [{}, ""],
  [{ node: "sum" }, "is at Sum"],
  [{ run: "0123456789", seq: 12, frame: { opened: 9, node: "sum" } }, "looks at Sum, event 12"],
  [{ run: "0123456789", frame: { opened: 9, node: "sum" } }, "looks at Sum"],
  [{ run: "0123456789" }, "looks at this run"],
  [{ run: "another-of-it", seq: 3, frame: { opened: 3, node: "sum" } }, "looks at run -of-it, event 3"],
])("%j is: %s", (place, words) => expect(whereabouts(at(place), nameOf, "0123456789")).toBe(words));

test("what somebody does is more than where they are", () => {
  expect(whereabouts(at({ node: "sum" }, { drag: { sum: { x: 1, y: 2 } } }), nameOf)).toBe("is moving nodes");
  expect(whereabouts(at({ node: "sum" }, { doing: "drafting" }), nameOf)).toBe("is drafting");
});
