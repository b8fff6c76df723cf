/**
 * How a workflow lies in its Y.Doc: three shared maps, nested as deep as two people may edit apart.
 *
 * - `nodes`: key -> map of the node's fields; `params` is a map of its own, and code in it is a `Y.Text`.
 * - `edges`: key -> map of the edge's fields.
 * - `meta`: the workflow's own fields; `config`, `notes`, `groups`, `extra` and `graphExtra` are maps of their own.
 *
 * A shared map has no order, a workflow's lists do: every entry carries `$order`. It and `$empty` are ours
 * and never leave the document.
 */
import * as Y from "yjs";
import type { Json } from "../api/types";

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
/** On a node: the JSON of what is pinned, where the plain value says less (`8.0`). */
export const PINNED = "$pinned";

/** The workflow's fields that lie in `meta` under their own names; all others lie in `extra`. */
export const META_FIELDS = ["id", "name", "description", "version", "tags"] as const;

export function roots(doc: Y.Doc): Roots {
  return { nodes: doc.getMap("nodes"), edges: doc.getMap("edges"), meta: doc.getMap("meta") };
}

/** A map of maps inside `meta`. Made by `load`, so it is there in every document that holds a workflow. */
export function within(meta: Fields, name: string): Fields {
  const found = meta.get(name);
  if (found instanceof Y.Map) return found as Fields;
  const made: Fields = new Y.Map();
  meta.set(name, made);
  return made;
}

export function paramsOf(node: Fields): Fields {
  const found = node.get("params");
  if (found instanceof Y.Map) return found as Fields;
  const made: Fields = new Y.Map();
  node.set("params", made);
  return made;
}

/** The plain value of a field. */
export function plain(value: unknown): Json {
  return value instanceof Y.Text ? value.toString() : (value as Json);
}

export const orderOf = (entry: Fields) => (entry.get(ORDER) as number | undefined) ?? 0;

/** Keys of a map's entries in the order of the list that they stand for. */
export function inOrder(map: Fields): string[] {
  const entries = [...map.entries()].map(([key, entry]): [string, number] => [
    key,
    entry instanceof Y.Map ? orderOf(entry as Fields) : (entry as number),
  ]);
  entries.sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
  return entries.map(([key]) => key);
}

/** The order of a new last entry. */
export function lastOrder(map: Fields): number {
  let last = -1;
  for (const entry of map.values())
    last = Math.max(last, entry instanceof Y.Map ? orderOf(entry as Fields) : (entry as number));
  return last + 1;
}

/** `wanted`, or `wanted2`, `wanted3` ...: the first that is free. */
export function freeKey(taken: { has(key: string): boolean }, wanted: string, from = 2): string {
  if (!taken.has(wanted)) return wanted;
  for (let n = from; ; n++) if (!taken.has(`${wanted}${n}`)) return `${wanted}${n}`;
}
