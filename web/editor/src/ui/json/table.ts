/** A list of records as rows and columns. Only the first slice decides what the columns are, as the rest is not read. */
import type { Json, Preview } from "../../api/types";
import { numberText } from "../../lib/exact";
import { bytes, countOf, glance, isBytes, isContainer, isPreview, kindOf, written } from "./kinds";
import { around, child, ROOT, steps } from "./pointer";
import { PAGE, type Pages, ROWS_MAX } from "./tree";
import { headOf } from "./bytesOf";
import { sniff } from "./sniff";

/** Columns that are shown; how many more there are is said. */
export const COLUMNS_MAX = 30;
const CELL_MAX = 60;
const [WIDTH_MIN, WIDTH_MAX] = [6, 32];

type Read = ReadonlyMap<string, Pages>;

export interface Table {
  /** Where the list is. */
  pointer: string;
  count: number;
  /** Rows that are offered. */
  rows: number;
  columns: string[];
  moreColumns: number;
  /** Of each column, in characters. */
  widths: number[];
}

/** The list of records that a person means who stands at a place: there or around it, else the first one of the value. */
export function tableAt(value: Json, pages: Read, place: string): Table | null {
  const near = [place, ...around(place).reverse()];
  const fields = kindOf(value) === "record" ? fieldsOf(value, pages, ROOT).map(([key]) => child(ROOT, key)) : [];
  for (const pointer of [...near, ...fields]) {
    const table = tableOf(value, pages, pointer);
    if (table) return table;
  }
  return null;
}

function tableOf(value: Json, pages: Read, pointer: string): Table | null {
  const list = valueAt(value, pages, pointer);
  if (list === undefined || kindOf(list) !== "list") return null;
  const first = firstItems(list, pages, pointer);
  const records = first.filter(({ item }) => isRecord(item));
  if (records.length === 0 || records.length * 2 < first.length) return null;
  const keys = new Set(
    records.flatMap(({ item, at }) => fieldsOf(item, pages, child(pointer, at)).map(([key]) => key)),
  );
  // Records that were cut have their fields still to be read.
  if (keys.size === 0 && !records.some(({ item }) => isPreview(item))) return null;
  const columns = [...keys].slice(0, COLUMNS_MAX);
  const count = countOf(list);
  const widths = columns.map((column) => widthOf(column, records, pages, pointer));
  return { pointer, count, rows: Math.min(count, ROWS_MAX), columns, moreColumns: keys.size - columns.length, widths };
}

const isRecord = (item: Json) => kindOf(item) === "record";

interface Place {
  item: Json;
  at: number;
}

function firstItems(list: Json, pages: Read, pointer: string): Place[] {
  if (Array.isArray(list)) return list.slice(0, PAGE).map((item, at) => ({ item, at }));
  const found: Place[] = [];
  for (let at = 0; at < PAGE; at++) {
    const item = pages.get(pointer)?.items.get(at);
    if (item) found.push({ item: item.value, at });
  }
  return found;
}

/** The fields that have been read. */
function fieldsOf(record: Json, pages: Read, pointer: string): [string, Json][] {
  if (!isPreview(record)) return Object.entries(record as Record<string, Json>);
  return [...(pages.get(pointer)?.items.values() ?? [])].map(({ key, value }) => [key, value]);
}

function widthOf(column: string, records: Place[], pages: Read, pointer: string): number {
  const texts = records.slice(0, 30).map(({ item, at }) => {
    const field = fieldOf(item, pages, child(pointer, at), column);
    return field === undefined ? "" : cellText(field);
  });
  return Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, column.length, ...texts.map((text) => text.length)));
}

/** What is at a place, as far as it was read. */
export function valueAt(value: Json, pages: Read, pointer: string): Json | undefined {
  let here = ROOT;
  let found: Json | undefined = value;
  for (const step of steps(pointer)) {
    found = found === undefined ? undefined : fieldOf(found, pages, here, step);
    here = child(here, step);
  }
  return found;
}

function fieldOf(value: Json, pages: Read, pointer: string, key: string): Json | undefined {
  if (isPreview(value)) {
    const items = pages.get(pointer)?.items;
    if (kindOf(value) === "list") return items?.get(Number(key))?.value;
    return items && [...items.values()].find((item) => item.key === key)?.value;
  }
  if (typeof value !== "object" || value === null || isBytes(value) || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, Json>)[key];
}

/** How a number in a record was written, when that says more than the number. */
function numberOf(record: Json, pages: Read, pointer: string, key: string): string | undefined {
  if (!isPreview(record)) return numberText(record, key);
  return [...(pages.get(pointer)?.items.values() ?? [])].find((item) => item.key === key)?.number;
}

export type Cell =
  | { role: "value"; value: Json; text: string; pointer: string }
  /** The record has no such field. */
  | { role: "none" }
  | { role: "absent" };

/** An item that is no record stands whole in the first column. */
export function cellAt(value: Json, pages: Read, table: Table, row: number, column: number): Cell {
  const pointer = child(table.pointer, row);
  const item = valueAt(value, pages, pointer);
  if (item === undefined) return { role: "absent" };
  if (!isRecord(item)) return column === 0 ? { role: "value", value: item, text: cellText(item), pointer } : NONE;
  const key = table.columns[column];
  const field = key === undefined ? undefined : fieldOf(item, pages, pointer, key);
  if (key !== undefined && field !== undefined)
    return {
      role: "value",
      value: field,
      text: numberOf(item, pages, pointer, key) ?? cellText(field),
      pointer: child(pointer, key),
    };
  return isPreview(item) && !pages.has(pointer) ? { role: "absent" } : NONE;
}

const NONE: Cell = { role: "none" };

/** What must be read so that a row can be shown, or null. */
export function wantedFor(value: Json, pages: Read, table: Table, row: number): { pointer: string; at: number } | null {
  const pointer = child(table.pointer, row);
  const item = valueAt(value, pages, pointer);
  if (item === undefined) return { pointer: table.pointer, at: row };
  return isPreview(item) && isRecord(item) && !pages.has(pointer) ? { pointer, at: 0 } : null;
}

/** A text stands without its quotes: the column says what it is. */
function cellText(value: Json): string {
  const kind = kindOf(value);
  if (kind === "bytes") return `${sniff(headOf(value)).name}, ${bytes(countOf(value))}`;
  if (isContainer(kind)) return isPreview(value) ? `${kind} ${countOf(value)}` : glance(value);
  const text = isPreview(value)
    ? (value as Preview).$preview.text.replace(/^"/, "")
    : typeof value === "string"
      ? value
      : written(value);
  const line = text.slice(0, CELL_MAX + 1).replace(/\s+/g, " ");
  return line.length > CELL_MAX ? `${line.slice(0, CELL_MAX)}…` : line;
}

/** The cells that hold the text, counted row by row, among the rows that were read. */
export function cellHits(value: Json, pages: Read, table: Table, text: string): number[] {
  const wanted = text.trim().toLowerCase();
  const hits: number[] = [];
  if (!wanted) return hits;
  const list = valueAt(value, pages, table.pointer);
  const rows = Array.isArray(list)
    ? list.keys()
    : [...(pages.get(table.pointer)?.items.keys() ?? [])].sort((a, b) => a - b);
  for (const row of rows) {
    if (row >= table.rows) break;
    for (let column = 0; column < table.columns.length; column++) {
      const cell = cellAt(value, pages, table, row, column);
      if (cell.role === "value" && cell.text.toLowerCase().includes(wanted))
        hits.push(row * table.columns.length + column);
    }
  }
  return hits;
}
