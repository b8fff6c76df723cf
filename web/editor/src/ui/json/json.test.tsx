import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Json } from "../../api/types";
import { bytes, countOf, kindOf } from "./kinds";
import { JsonView } from "./JsonView";
import { around, expression } from "./pointer";
import { readJson } from "../../lib/exact";
import { matches, newPages, openFor, rowsOf, type Slice, withSlice } from "./tree";

const cut = (type: string, count: number): Json => ({ $preview: { type, bytes: 5_000_000, count, text: "[1,2" } });
const plain = (value: Json, open: string[], pages = new Map()) =>
  rowsOf(value, { open: new Set(open), pages }).map((row) => `${row.depth} ${row.key ?? "."} ${row.role} ${row.text}`);

describe("places", () => {
  it("become expressions", () => {
    expect(expression("input", "/body/orders/3/unit price")).toBe('input.body.orders[3]["unit price"]');
    expect(expression("input", "/a~1b/m~0n")).toBe('input["a/b"]["m~n"]');
    expect(expression("input", "")).toBe("input");
  });
  it("lie in containers", () => {
    expect(around("/a/b/c")).toEqual(["", "/a", "/a/b"]);
    expect(around("")).toEqual([]);
  });
});

describe("rows", () => {
  it("are what is open", () => {
    const value = { name: "Ada", tags: ["x", 1.5], none: {} };
    expect(plain(value, [])).toEqual([". item {name, tags, none}"].map((row) => `0 ${row}`));
    expect(plain(value, ["", "/tags"])).toEqual([
      "0 . item {name, tags, none}",
      '1 name item "Ada"',
      '1 tags item ["x", 1.5]',
      '2 0 item "x"',
      "2 1 item 1.5",
      "1 none item {}",
    ]);
  });

  it("of a cut list are there before they are read", () => {
    const pages = new Map([
      ["", withSlice(newPages(), { type: "list", count: 300, offset: 1, items: [{ index: 1, preview: "one" }] })],
    ]);
    const rows = rowsOf(cut("list", 300), { open: new Set([""]), pages });
    expect(rows).toHaveLength(301);
    expect(rows[1]).toMatchObject({ role: "absent", key: "0", within: { pointer: "", offset: 0 } });
    expect(rows[2]).toMatchObject({ role: "item", key: "1", text: '"one"', pointer: "/1" });
  });

  it("of a record come with their names", () => {
    const slice: Slice = { type: "record", count: 1, offset: 0, items: [{ key: "a/b", preview: 1 }] };
    const rows = rowsOf(cut("record", 1), {
      open: new Set([""]),
      pages: new Map([["", withSlice(newPages(), slice)]]),
    });
    expect(rows[1]).toMatchObject({ key: "a/b", pointer: "/a~1b" });
  });

  it("never offer more than can be scrolled", () => {
    const rows = rowsOf(cut("list", 3_000_000), { open: new Set([""]), pages: new Map() });
    expect(rows).toHaveLength(50_002);
    expect(rows.at(-1)?.text).toContain("2,950,000 more");
  });

  it("open a long text, and read a cut one to its end", () => {
    const long = "line\n".repeat(100);
    expect(rowsOf(long, { open: new Set([""]), pages: new Map() })[1]).toMatchObject({ role: "body", text: long });
    const first = withSlice(newPages(), { type: "text", count: 10, offset: 0, text: "01234" });
    const half = rowsOf(cut("text", 10), { open: new Set([""]), pages: new Map([["", first]]) });
    expect(half[1]).toMatchObject({ text: "01234", within: { offset: 5 } });
    const whole = withSlice(first, { type: "text", count: 10, offset: 5, text: "56789" });
    const rows = rowsOf(cut("text", 10), { open: new Set([""]), pages: new Map([["", whole]]) });
    expect(rows[1]?.text).toBe("0123456789");
    expect(rows[1]?.within).toBeUndefined();
  });

  it("are found by key and by leaf", () => {
    const value = { orders: [{ price: 12 }, { price: 7 }], price: "none" };
    expect([...openFor(value, "12")].sort()).toEqual(["", "/orders", "/orders/0"]);
    const rows = rowsOf(value, { open: openFor(value, "price"), pages: new Map() });
    expect(matches(rows, "PRICE").map((at) => rows[at]?.pointer)).toEqual([
      "/orders/0/price",
      "/orders/1/price",
      "/price",
    ]);
  });
});

describe("values", () => {
  it("have the engine's kinds and sizes", () => {
    expect([null, true, 1, 1.5, "a", [], {}, { $bytes: "AAAA" }, cut("list", 3)].map((value) => kindOf(value))).toEqual(
      ["null", "bool", "int", "float", "text", "list", "record", "bytes", "list"],
    );
    expect(countOf({ $bytes: "AAA=" })).toBe(2);
    expect([bytes(999), bytes(1200), bytes(34_567_890)]).toEqual(["999 B", "1.2 KB", "35 MB"]);
  });
});

describe("the tree", () => {
  beforeEach(() => {
    vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(22);
    vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(400);
  });
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
  });
  const key = (name: string) => fireEvent.keyDown(screen.getByRole("tree"), { key: name });
  const active = () => document.querySelector("[aria-selected=true]")?.querySelector(".json-key")?.textContent;

  it("is walked with the arrow keys", () => {
    render(<JsonView value={{ a: { b: 1 }, c: 2 }} base="input" label="Input" />);
    key("ArrowDown");
    expect(active()).toBe("a");
    key("ArrowRight");
    key("ArrowRight");
    expect(active()).toBe("b");
    key("ArrowLeft");
    expect(active()).toBe("a");
    key("ArrowLeft");
    expect(screen.queryByText("b")).toBeNull();
    key("End");
    expect(active()).toBe("c");
  });

  it("reads what comes into sight, once", async () => {
    const read = vi.fn(async (_: string, offset: number, limit: number): Promise<Slice> => ({
      type: "list",
      count: 250,
      offset,
      items: Array.from({ length: Math.min(limit, 250 - offset) }, (_, at) => ({
        index: offset + at,
        preview: `item ${offset + at}`,
      })),
    }));
    const value = cut("list", 250);
    render(<JsonView value={value} base="input" label="Input" read={read} />);
    await act(async () => undefined);
    expect(read.mock.calls).toEqual([["", 0, 100]]);
    expect(screen.getByText('"item 3"')).toBeTruthy();
  });

  it("says why a slice could not be read", async () => {
    const read = async () => Promise.reject(new Error("the value is damaged"));
    const value = cut("list", 2);
    render(<JsonView value={value} base="input" label="Input" read={read} />);
    await act(async () => undefined);
    expect(screen.getAllByText("the value is damaged").length).toBeGreaterThan(0);
  });
});

describe("numbers", () => {
  it("are shown as they were written", () => {
    const value = readJson(`{"price":8.0,"id":12345678901234567890,"many":[1.0,2]}`);
    const rows = rowsOf(value, { open: new Set(["", "/many"]), pages: new Map() });
    expect(rows.map(({ key, kind, text }) => [key, kind, text])).toEqual([
      [null, "record", "{price, id, many}"],
      ["price", "float", "8.0"],
      ["id", "int", "12345678901234567890"],
      ["many", "list", "[1.0, 2]"],
      ["0", "float", "1.0"],
      ["1", "int", "2"],
    ]);
    expect(matches(rows, "8.0")).toEqual([1]);
    expect([...openFor(value, "1.0")]).toContain("/many");
  });

  it("are so in what was read in slices", () => {
    const slice = readJson(`{"type":"list","count":1,"offset":0,"items":[{"index":0,"preview":8.0}]}`);
    const pages = new Map([["", withSlice(newPages(), slice as unknown as Slice)]]);
    expect(rowsOf(cut("list", 1), { open: new Set([""]), pages })[1]).toMatchObject({ kind: "float", text: "8.0" });
  });
});
