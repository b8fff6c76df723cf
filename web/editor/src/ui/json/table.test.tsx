import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Json } from "../../api/types";
import { JsonView } from "./JsonView";
import { cellAt, cellHits, COLUMNS_MAX, tableAt, type Table, wantedFor } from "./table";
import { newPages, type Pages, type Slice, withSlice } from "./tree";

const NOTHING: ReadonlyMap<string, Pages> = new Map();
const ORDERS: Json = [{ id: 1, buyer: "Ada" }, { id: 2, total: 9.5 }, "gone"];
const cut = (type: string, count: number): Json => ({ $preview: { type, bytes: 90_000, count, text: "" } });
const read = (...slices: [string, Slice["items"]][]) =>
  new Map(
    slices.map(([pointer, items = []]) => [
      pointer,
      withSlice(newPages(), { type: "list", count: items.length, offset: 0, items }),
    ]),
  );
const written = (value: Json, pages: ReadonlyMap<string, Pages>, table: Table, row: number) =>
  table.columns.map((_, column) => {
    const cell = cellAt(value, pages, table, row, column);
    return cell.role === "value" ? cell.text : cell.role;
  });

describe("a table", () => {
  it("has the fields of the first records as columns", () => {
    const table = tableAt(ORDERS, NOTHING, "") as Table;
    expect(table).toMatchObject({ pointer: "", count: 3, columns: ["id", "buyer", "total"], moreColumns: 0 });
    expect(written(ORDERS, NOTHING, table, 0)).toEqual(["1", "Ada", "none"]);
    expect(written(ORDERS, NOTHING, table, 1)).toEqual(["2", "none", "9.5"]);
    expect(written(ORDERS, NOTHING, table, 2)).toEqual(["gone", "none", "none"]);
  });

  it("counts the columns that it does not show", () => {
    const wide = Object.fromEntries(Array.from({ length: COLUMNS_MAX + 12 }, (_, at) => [`f${at}`, at]));
    expect(tableAt([wide], NOTHING, "")).toMatchObject({ moreColumns: 12 });
    expect(tableAt([wide], NOTHING, "")?.columns).toHaveLength(COLUMNS_MAX);
  });

  it("is only of records", () => {
    expect(tableAt([1, 2], NOTHING, "")).toBeNull();
    expect(tableAt([{}], NOTHING, "")).toBeNull();
    expect(tableAt([{ a: 1 }, 2, 3], NOTHING, "")).toBeNull();
    expect(tableAt({ a: 1 }, NOTHING, "")).toBeNull();
    expect(tableAt([{ $bytes: "AAAA" }], NOTHING, "")).toBeNull();
  });

  it("is the one around the place, else the first of the value", () => {
    const value = { status: 200, body: ORDERS, lines: [{ deep: [{ a: 1 }] }] };
    expect(tableAt(value, NOTHING, "")?.pointer).toBe("/body");
    expect(tableAt(value, NOTHING, "/lines/0")?.pointer).toBe("/lines");
    expect(tableAt(value, NOTHING, "/lines/0/deep/0/a")?.pointer).toBe("/lines/0/deep");
  });

  it("wants what was cut: rows of the list, and fields of a record", () => {
    const list = cut("list", 300);
    expect(tableAt(list, NOTHING, "")).toBeNull();
    const pages = read([
      "",
      [
        { index: 0, preview: { id: 7 } },
        { index: 1, preview: cut("record", 2) },
      ],
    ]);
    const table = tableAt(list, pages, "") as Table;
    expect(table).toMatchObject({ count: 300, rows: 300, columns: ["id"] });
    expect(wantedFor(list, pages, table, 0)).toBeNull();
    expect(wantedFor(list, pages, table, 1)).toEqual({ pointer: "/1", at: 0 });
    expect(wantedFor(list, pages, table, 250)).toEqual({ pointer: "", at: 250 });
    expect(written(list, pages, table, 1)).toEqual(["absent"]);
    pages.set("/1", read(["/1", [{ key: "id", preview: 8 }]]).get("/1") as Pages);
    expect(wantedFor(list, pages, table, 1)).toBeNull();
    expect(written(list, pages, table, 1)).toEqual(["8"]);
  });

  it("finds text in its cells, row by row", () => {
    expect(cellHits(ORDERS, NOTHING, tableAt(ORDERS, NOTHING, "") as Table, "A")).toEqual([1]);
    expect(cellHits(ORDERS, NOTHING, tableAt(ORDERS, NOTHING, "") as Table, "9")).toEqual([5]);
  });
});

describe("the view of a list of records", () => {
  beforeEach(() => {
    localStorage.clear();
    vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(24);
    vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(400);
  });
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
  });
  const show = (value: Json = ORDERS) => render(<JsonView value={value} base="input" label="Input" />);
  const key = (name: string, more = {}) => fireEvent.keyDown(screen.getByRole("grid"), { key: name, ...more });
  const active = () => document.querySelector("[role=gridcell][aria-selected=true]")?.textContent;

  it("is a tree until a table is asked for, and a table from then on", () => {
    show();
    expect(screen.queryByRole("grid")).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Table" }));
    expect(screen.getAllByRole("columnheader").map((cell) => cell.textContent)).toEqual(["#", "id", "buyer", "total"]);
    cleanup();
    show();
    expect(screen.getByRole("grid").getAttribute("aria-rowcount")).toBe("4");
    fireEvent.click(screen.getByRole("button", { name: "Tree" }));
    cleanup();
    show();
    expect(screen.queryByRole("grid")).toBeNull();
  });

  it("offers no table where there is no list of records", () => {
    show([1, 2]);
    expect(screen.queryByRole("button", { name: "Table" })).toBeNull();
  });

  it("is walked cell by cell, and Enter opens a cell in the tree", () => {
    localStorage.setItem("flowforge/values", "table");
    show();
    expect(active()).toBe("1");
    key("ArrowRight");
    expect(active()).toBe("Ada");
    expect(document.querySelector(".json-path")?.textContent).toBe("input[0].buyer");
    key("ArrowLeft");
    key("ArrowDown");
    expect(active()).toBe("2");
    key("End");
    expect(active()).toBe("9.5");
    key("Home", { ctrlKey: true });
    expect(active()).toBe("1");
    key("ArrowRight");
    key("Enter");
    expect(document.querySelector("[role=treeitem][aria-selected=true]")?.textContent).toContain('buyer"Ada"');
    expect(localStorage.getItem("flowforge/values")).toBe("table");
  });

  it("opens the path of a cell that is clicked", async () => {
    localStorage.setItem("flowforge/values", "table");
    show({ body: ORDERS });
    fireEvent.click(screen.getByText("9.5"));
    await act(async () => undefined);
    expect(document.querySelector(".json-path")?.textContent).toBe("input.body[1].total");
    expect(screen.getByRole("tree")).toBeTruthy();
  });
});
