import { describe, expect, it } from "vitest";
import { suggest, type Known } from "./complete";

const KNOWN: Known = {
  functions: [
    { name: "join", signature: "join(list, separator: text) -> text", about: "The items as one text.", effect: false },
    { name: "now", signature: "now() -> int", about: "The time.", effect: true },
  ],
  surroundings: {
    before: ["fetch", "mark it"],
    inLoop: false,
    scope: {
      source: {},
      from: "frame 3",
      values: {
        input: { orders: [{ price: 2, "a b": 1 }], name: "x" },
        nodes: { fetch: { output: { status: 200 } } },
      },
    },
  },
};

const labels = (source: string) => suggest(source, KNOWN)?.options.map(({ label }) => label) ?? null;

describe("completion", () => {
  it("knows the fields of a value", () => {
    expect(labels("input.")).toEqual(expect.arrayContaining(["orders", "name", "keys()"]));
    expect(suggest("input.or", KNOWN)?.from).toBe(6);
    expect(suggest("input.orders[0].", KNOWN)?.options[0]).toMatchObject({ label: "price", detail: "integer 2" });
  });

  it("writes a field that is no name in brackets", () => {
    expect(suggest("input.orders[0].", KNOWN)?.options[1]).toMatchObject({ label: "a b", insert: '["a b"]' });
  });

  it("knows the nodes before, and what they gave", () => {
    expect(labels('nodes["')).toEqual(["fetch", "mark it"]);
    expect(suggest('nodes["fe', KNOWN)?.from).toBe(7);
    expect(labels('nodes["fetch"].output.')).toContain("status");
  });

  it("follows a local to its value", () => {
    expect(labels("let o = input.orders;\no[0].")).toContain("price");
    expect(labels("for o in input.orders {\n  o.")).toContain("price");
    expect(labels("let a = b;\nlet b = a;\na.")).toEqual(["join"]);
  });

  it("offers what is in scope, then functions, then keywords", () => {
    expect(labels("")).toEqual(expect.arrayContaining(["input", "nodes", "join", "now", "let"]));
    expect(labels("")).not.toContain("item");
    expect(labels("let total = 1;\nto")).toContain("total");
    expect(suggest("", KNOWN)?.options.find(({ label }) => label === "now")?.about).toMatch(/recorded/);
  });

  it("offers lists their methods, and functions that take a value", () => {
    expect(labels("input.orders.")).toEqual(expect.arrayContaining(["len()", "join"]));
    expect(labels("input.orders.")).not.toContain("now");
  });

  it("is quiet in texts and comments, and about what it does not know", () => {
    expect(labels('let a = "inp')).toBeNull();
    expect(labels("// inp")).toBeNull();
    expect(labels("unknown.")).toEqual(["join"]);
  });
});
