/**
 * Values in a document. Every level of record is a shared map, so that two people may change two fields of one
 * parameter; lists and scalars are plain, and replaced as a whole.
 *
 * Numbers lie there so that the service reads them as they were written (see `collab/src/document/number.rs`): what
 * neither an integer nor a float of the format keeps is the plain record `{"$number": "1e10"}`. A person's own record
 * that looks like that has one more `$`. A number that is the same is never written again, so `8.0` stays `8.0`.
 */
import * as Y from "yjs";
import type { Json } from "../api/types";
import { parseExact, type Exact } from "../lib/exact";
import { same } from "./json";
import { rewrite } from "./text";

type Shared = Y.Map<unknown>;
type Fields = Record<string, Json>;

/** Deepest nesting of a value; what lies deeper is not shown. */
export const DEPTH_MAX = 59;
const MARK = /^\$+number$/;
const NUMBER = "$number";

export const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Y.AbstractType);

/** What a document holds for this value. */
export function toShared(value: Json | undefined): unknown {
  if (!isRecord(value)) return toPlain(value);
  const map: Shared = new Y.Map();
  for (const name of Object.keys(value).sort()) map.set(name, toShared(value[name]));
  return map;
}

/** A value that is replaced as a whole. */
export function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (!isRecord(value)) return value;
  const names = Object.keys(value);
  const isAlone = names.length === 1;
  return Object.fromEntries(
    names.map((name) => [isAlone && MARK.test(name) ? `$${name}` : name, toPlain(value[name])]),
  );
}

/** A value that lies in a document as a whole, as one whose records can be changed field by field. */
export function opened(plain: unknown): unknown {
  if (!isRecord(plain) || isMarked(plain)) return plain;
  const map: Shared = new Y.Map();
  for (const name of Object.keys(plain).sort()) map.set(name, opened(plain[name]));
  return map;
}

const isMarked = (plain: Fields) => Object.keys(plain).length === 1 && MARK.test(Object.keys(plain)[0] ?? "");

/** The plain value of this JSON text: a number that JavaScript would write in another way lies there as it was written. */
export function plainOf(text: string): unknown {
  const { value, exact } = parseExact(text);
  return withTexts(value, exact);
}

function withTexts(value: Json, exact: Exact): unknown {
  if (exact === null) return toPlain(value);
  if ("text" in exact) return { [NUMBER]: exact.text };
  if ("list" in exact) return (value as Json[]).map((item, at) => withTexts(item, exact.list[at] ?? null));
  const names = Object.entries(value as Fields);
  return Object.fromEntries(
    names.map(([name, item]) => [
      names.length === 1 && MARK.test(name) ? `$${name}` : name,
      withTexts(item, exact.record[name] ?? null),
    ]),
  );
}

/** The value that a document holds: undefined when it is none. */
export function fromShared(value: unknown, deepest = DEPTH_MAX): Json | undefined {
  if (value instanceof Y.Text) return value.toString();
  if (value instanceof Y.Map) return deepest > 0 ? fromMap(value as Shared, deepest - 1) : undefined;
  if (value instanceof Y.Array) return deepest > 0 ? fromList(value.toArray(), deepest - 1) : undefined;
  // What the service reads in their place.
  if (value instanceof Y.XmlFragment && !(value instanceof Y.XmlElement)) return value.length;
  if (value instanceof Y.AbstractType || value instanceof Y.Doc) return undefined;
  return fromPlain(value, deepest);
}

function fromMap(map: Shared, deepest: number): Json | undefined {
  const fields: Fields = {};
  for (const name of [...map.keys()].sort()) {
    const held = map.get(name);
    if (held === undefined) continue;
    const value = fromShared(held, deepest);
    if (value === undefined) return undefined;
    fields[name] = value;
  }
  return fields;
}

function fromList(items: unknown[], deepest: number): Json | undefined {
  const list = items.map((item) => (item === undefined ? null : fromShared(item, deepest)));
  return list.includes(undefined) ? undefined : (list as Json[]);
}

function fromPlain(value: unknown, deepest: number): Json | undefined {
  if (value === undefined) return null;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number" && !Number.isFinite(value)) return { $float: oddNumber(value) };
  if (value instanceof Uint8Array) return { $bytes: btoa(String.fromCharCode(...value)) };
  if (Array.isArray(value)) return deepest > 0 ? fromList(value, deepest - 1) : undefined;
  if (!isRecord(value)) return value as Json;
  const names = Object.keys(value);
  const marked = value[NUMBER];
  if (names.length === 1 && typeof marked === "string" && isNumber(marked)) return Number(marked);
  if (deepest === 0) return undefined;
  const fields: Fields = {};
  for (const name of names) {
    const held = value[name] as unknown;
    if (held === undefined) continue;
    const item = fromPlain(held, deepest - 1);
    if (item === undefined) return undefined;
    const isOurs = names.length === 1 && MARK.test(name) && name !== NUMBER;
    fields[isOurs ? name.slice(1) : name] = item;
  }
  return fields;
}

const oddNumber = (value: number) => (Number.isNaN(value) ? "NaN" : value > 0 ? "inf" : "-inf");
const isNumber = (text: string) => /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text);

/** Makes a map hold a value under a name, by writing only what differs; undefined takes it away. */
export function put(map: Shared, name: string, value: Json | undefined) {
  const found = map.get(name);
  if (value === undefined) {
    if (map.has(name)) map.delete(name);
  } else if (found instanceof Y.Map && isRecord(value)) putRecord(found as Shared, value);
  else if (found instanceof Y.Text && typeof value === "string") rewrite(found, value);
  else if (!map.has(name) || !same(fromShared(found), value)) map.set(name, toShared(value));
}

function putRecord(map: Shared, record: Fields) {
  for (const name of [...map.keys()]) if (!(name in record)) map.delete(name);
  for (const [name, value] of Object.entries(record)) put(map, name, value);
}
