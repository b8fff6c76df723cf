/**
 * How a workflow lies in its Y.Doc: three shared maps, nested as deep as two people may edit apart.
 *
 * - `nodes`: key -> map of the node's fields; `params` is a map of its own, records in it are maps too (`nested.ts`), and
 *   code in it is a `Y.Text`.
 * - `edges`: key -> map of the edge's fields.
 * - `meta`: the workflow's own fields; `config`, `notes`, `groups`, `extra` and `graphExtra` are maps of their own.
 *
 * A shared map has no order, a workflow's lists do: every entry carries `$order`. It and `$empty` are ours
 * and never leave the document.
 */
import * as Y from "yjs";
import { isRecord, opened } from "./nested";

export type Fields = Y.Map<unknown>;

export interface Roots {
  nodes: Y.Map<Fields>;
  edges: Y.Map<Fields>;
  meta: Fields;
}

/** Where in its list an entry stands. Ties are broken by key, so every copy of a document sorts alike. */
export const ORDER = "$order";
/** Set when the list or record was written although it was empty. */
export const EMPTY = "$empty";

/** The workflow's fields that lie in `meta` under their own names; all others lie in `extra`. */
export const META_FIELDS = ["id", "name", "description", "version", "tags"] as const;

export function roots(doc: Y.Doc): Roots {
  return { nodes: doc.getMap("nodes"), edges: doc.getMap("edges"), meta: doc.getMap("meta") };
}

/** A map of maps inside `meta`. Made by `load`, so it is there in every document that holds a workflow. */
export function within(meta: Fields, name: string): Fields {
  return entryAt(meta, name) ?? made(meta, name);
}

export const paramsOf = (node: Fields): Fields => within(node, "params");

function made(map: Fields, key: string): Fields {
  const made: Fields = new Y.Map();
  map.set(key, made);
  return made;
}

/** A record that can be changed field by field. One that a client wrote as one plain value becomes such a one. */
export function entryAt(map: { get(key: string): unknown; set(key: string, value: never): unknown }, key: string) {
  const found = map.get(key);
  if (found instanceof Y.Map) return found as Fields;
  if (!isRecord(found)) return undefined;
  const entry = opened(found) as Fields;
  map.set(key, entry as never);
  return entry;
}

/** A field of an entry, whatever somebody has put in its place. */
export function fieldOf(entry: unknown, name: string): unknown {
  if (entry instanceof Y.Map) return (entry as Fields).get(name);
  return isRecord(entry) ? entry[name] : undefined;
}

const OURS = /^\$+(order|empty)$/;

/** The name in the document of a field whose own name this is; `$order` and `$empty` are ours. */
export const escaped = (field: string) => (OURS.test(field) ? `$${field}` : field);

/** The own name of a field; null when it is ours. */
export function unescaped(key: string): string | null {
  if (key === ORDER || key === EMPTY) return null;
  return OURS.test(key) ? key.slice(1) : key;
}

/** Where an entry stands; one that does not say so stands at 0. */
export function orderOf(entry: unknown): number {
  const order = entry instanceof Y.Map || isRecord(entry) ? fieldOf(entry, ORDER) : entry;
  return typeof order === "number" && Number.isFinite(order) ? order : 0;
}

/** Keys of a map's entries in the order of the list that they stand for. */
export function inOrder(map: Fields): string[] {
  const entries = [...map.entries()].map(([key, entry]): [string, number] => [key, orderOf(entry)]);
  entries.sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
  return entries.map(([key]) => key);
}

/** The order of a new last entry. */
export function lastOrder(map: Fields): number {
  let last = -1;
  for (const entry of map.values()) last = Math.max(last, Math.ceil(orderOf(entry)));
  return last + 1;
}

/** `wanted`, or `wanted2`, `wanted3` ...: the first that is free. */
export function freeKey(taken: { has(key: string): boolean }, wanted: string, from = 2): string {
  if (!taken.has(wanted)) return wanted;
  for (let n = from; ; n++) if (!taken.has(`${wanted}${n}`)) return `${wanted}${n}`;
}
