/**
 * A value as rows that can be shown one by one. A value that was cut is read in slices, page by page, as its rows come
 * into sight: of a list of a million rows only those are ever loaded that somebody looked at.
 */
import type { Json, Preview } from "../../api/types";
import { numberText } from "../../lib/exact";
import { bytes, countOf, glance, isContainer, isPreview, type Kind, kindOf, TEXT_MAX, written } from "./kinds";
import { headOf } from "./bytesOf";
import { child, ROOT } from "./pointer";
import { sniff } from "./sniff";

/** One slice of a large value, as the service gives it. */
export interface Slice {
  type: string;
  count: number;
  offset: number;
  items?: { index?: number; key?: string; preview: Json }[];
  text?: string;
}

/** Reads a part of the value at a place; without it, what was cut stays cut. */
export type ReadSlice = (pointer: string, offset: number, limit: number) => Promise<Slice>;

export const PAGE = 100;
/** Characters of a long text that are read at a time. */
export const TEXT_PAGE = 8_000;
/** Rows of one cut list that are offered; the rest is reached by search or by path. */
export const ROWS_MAX = 50_000;

interface PageItem {
  key: string;
  value: Json;
  /** How it was written, when it is a number of which that says more. */
  number?: string | undefined;
}

/** What has been read of a value that was cut. */
export interface Pages {
  items: Map<number, PageItem>;
  asked: Set<number>;
  text: string;
  error?: string;
}

export interface Row {
  pointer: string;
  depth: number;
  key: string | null;
  kind: Kind;
  /** What is written in the row. */
  text: string;
  /** Items, fields or size, where that says something. */
  size: string;
  /** Null for a leaf that cannot be opened. */
  isOpen: boolean | null;
  position: number;
  siblings: number;
  value: Json;
  number?: string;
  /**
   * `item`: a value. `absent`: a part that is not read yet. `body`: the whole of a text. `bytes`: what bytes
   * are. `rest`: what is not offered.
   */
  role: "item" | "absent" | "body" | "bytes" | "rest";
  /** For `absent` and `body`: the cut value around it, and where in it. */
  within?: { pointer: string; offset: number };
}

export interface Shape {
  open: ReadonlySet<string>;
  pages: ReadonlyMap<string, Pages>;
}

export const newPages = (): Pages => ({ items: new Map(), asked: new Set(), text: "" });

/** `number` is how the value was written, when it is a number of which that says more. */
export function rowsOf(value: Json, shape: Shape, rootName: string | null = null, number?: string): Row[] {
  const rows: Row[] = [];
  put(rows, shape, { value, number, pointer: ROOT, depth: 0, key: rootName, position: 1, siblings: 1 });
  return rows;
}

interface Spot {
  value: Json;
  /** How it was written, when it is a number of which that says more. */
  number?: string | undefined;
  pointer: string;
  depth: number;
  key: string | null;
  position: number;
  siblings: number;
}

function put(rows: Row[], shape: Shape, spot: Spot): void {
  const { value, number, pointer, depth, key, position, siblings } = spot;
  const kind = kindOf(value, number);
  const isCut = isPreview(value);
  const canOpen =
    isContainer(kind) || kind === "bytes" ? countOf(value) > 0 : kind === "text" && (isCut || isLong(value));
  const isOpen = canOpen ? shape.open.has(pointer) : null;
  const place = { value, pointer, depth, key, position, siblings, ...(number !== undefined && { number }) };
  rows.push({ ...place, kind, isOpen, role: "item", size: sizeOf(value, kind), text: number ?? textOf(value, kind) });
  if (!isOpen) return;
  if (kind === "text") putBody(rows, shape, value, pointer, depth + 1);
  else if (kind === "bytes") putBytes(rows, value, pointer, depth + 1);
  else if (isCut) putCut(rows, shape, value, pointer, depth + 1);
  else putChildren(rows, shape, value, pointer, depth + 1);
}

const isLong = (value: Json) => typeof value === "string" && (value.length > TEXT_MAX || value.includes("\n"));

function textOf(value: Json, kind: Kind): string {
  if (isContainer(kind)) return glance(value);
  if (kind === "bytes") return sniff(headOf(value)).name;
  return isPreview(value) ? (value as Preview).$preview.text : written(value);
}

function sizeOf(value: Json, kind: Kind): string {
  const count = countOf(value);
  const cut = isPreview(value) ? ` · ${bytes((value as Preview).$preview.bytes)}` : "";
  if (kind === "list") return `${count.toLocaleString("en")}${cut}`;
  if (kind === "record") return `${count.toLocaleString("en")}${cut}`;
  if (kind === "bytes") return bytes(count);
  return kind === "text" && count > TEXT_MAX ? `${count.toLocaleString("en")} characters` : "";
}

function putChildren(rows: Row[], shape: Shape, value: Json, pointer: string, depth: number): void {
  const entries = Array.isArray(value)
    ? value.map((item, index) => [String(index), item] as const)
    : Object.entries(value as Record<string, Json>);
  entries.forEach(([key, item], at) => {
    put(rows, shape, {
      value: item,
      number: numberText(value, key),
      pointer: child(pointer, key),
      depth,
      key,
      position: at + 1,
      siblings: entries.length,
    });
  });
}

function putCut(rows: Row[], shape: Shape, value: Json, pointer: string, depth: number): void {
  const pages = shape.pages.get(pointer);
  const siblings = countOf(value);
  const offered = Math.min(siblings, ROWS_MAX);
  for (let at = 0; at < offered; at++) {
    const item = pages?.items.get(at);
    const spot = { depth, position: at + 1, siblings };
    if (item) put(rows, shape, { ...spot, ...item, pointer: child(pointer, item.key) });
    else rows.push(absent(spot, pointer, at, kindOf(value) === "list" ? String(at) : ""));
  }
  if (offered < siblings) rows.push(rest(depth, pointer, siblings - offered));
}

function absent(
  spot: { depth: number; position: number; siblings: number },
  pointer: string,
  at: number,
  key: string,
): Row {
  const within = { pointer, offset: at };
  return {
    ...spot,
    pointer: `${pointer}/?${at}`,
    key,
    kind: "null",
    text: "",
    size: "",
    isOpen: null,
    value: null,
    role: "absent",
    within,
  };
}

function rest(depth: number, pointer: string, count: number): Row {
  const text = `${count.toLocaleString("en")} more are not listed; search finds them`;
  const place = { pointer: `${pointer}/?rest`, depth, key: null, position: ROWS_MAX + 1, siblings: ROWS_MAX + 1 };
  return { ...place, kind: "null", text, size: "", isOpen: null, value: null, role: "rest" };
}

function putBody(rows: Row[], shape: Shape, value: Json, pointer: string, depth: number): void {
  const read = shape.pages.get(pointer)?.text ?? "";
  const whole = isPreview(value) ? countOf(value) : 0;
  const text = isPreview(value) ? read : (value as string);
  const place = { pointer: `${pointer}/?text`, depth, key: null, position: 1, siblings: 1, isOpen: null };
  const within = { pointer, offset: read.length };
  const isMore = read.length < whole;
  rows.push({ ...place, kind: "text", text, size: "", value: text, role: "body", ...(isMore && { within }) });
}

function putBytes(rows: Row[], value: Json, pointer: string, depth: number): void {
  const place = { pointer: `${pointer}/?bytes`, depth, key: null, position: 1, siblings: 1, isOpen: null };
  rows.push({ ...place, kind: "bytes", text: "", size: "", value, role: "bytes" });
}

/** Puts a slice where it belongs. */
export function withSlice(pages: Pages, slice: Slice): Pages {
  if (slice.text !== undefined) {
    const isNext = slice.offset === pages.text.length;
    return { ...pages, text: isNext ? pages.text + slice.text : pages.text };
  }
  const items = new Map(pages.items);
  slice.items?.forEach((item, at) => {
    const offset = slice.offset + at;
    const key = item.key ?? String(item.index ?? offset);
    items.set(offset, { key, value: item.preview, number: numberText(item, "preview") });
  });
  return { ...pages, items };
}

/** The rows whose key or leaf holds the text, by number. */
export function matches(rows: readonly Row[], text: string): number[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const found: number[] = [];
  rows.forEach((row, at) => {
    const isLeaf = !isContainer(row.kind) && row.role !== "body" && row.role !== "bytes";
    const holds = row.key?.toLowerCase().includes(wanted) || (isLeaf && leafText(row.value, row.text).includes(wanted));
    if (holds) found.push(at);
  });
  return found;
}

const leafText = (value: Json, written: string) => (typeof value === "string" ? value : written).toLowerCase();

/** The containers to open so that every match in what has been read can be seen. */
export function openFor(value: Json, text: string, most = 2000): Set<string> {
  const wanted = text.trim().toLowerCase();
  const open = new Set<string>();
  let left = most;
  const look = (item: Json, pointer: string, key: string, number?: string): boolean => {
    if (left-- <= 0) return false;
    let isWithin = false;
    if (typeof item === "object" && item !== null && !isPreview(item)) {
      for (const [name, inner] of Object.entries(item))
        isWithin = look(inner as Json, child(pointer, name), name, numberText(item, name)) || isWithin;
      if (isWithin) open.add(pointer);
      return isWithin || key.toLowerCase().includes(wanted);
    }
    return key.toLowerCase().includes(wanted) || leafText(item, number ?? JSON.stringify(item)).includes(wanted);
  };
  if (wanted) look(value, ROOT, "");
  return open;
}
