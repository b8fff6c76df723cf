/**
 * Numbers that JavaScript cannot keep as they were written: `1.0`, which the engine tells from `1`, and integers of 64
 * bits. What was read is remembered beside the plain value, and written again wherever the value is still the same.
 */
import type { Json } from "../api/types";

/** The texts of such numbers, at the places where they stood; null where there are none. */
export type Exact = null | { text: string } | { list: Exact[] } | { record: Record<string, Exact> };

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARK = "$exactNumber";
const MARKED = /\{\s*"\$exactNumber":\s*"([^"]*)"\s*\}/g;

export function parseExact(text: string): { value: Json; exact: Exact } {
  let found = false;
  const marked = text.replace(TOKENS, (token) => {
    if (token.startsWith('"') || String(Number(token)) === token) return token;
    found = true;
    return `{"${MARK}":"${token}"}`;
  });
  return found ? split(JSON.parse(marked) as Json) : { value: JSON.parse(text) as Json, exact: null };
}

function split(value: Json): { value: Json; exact: Exact } {
  if (typeof value !== "object" || value === null) return { value, exact: null };
  if (Array.isArray(value)) {
    const parts = value.map(split);
    const list = parts.map((part) => part.exact);
    return { value: parts.map((part) => part.value), exact: list.some(Boolean) ? { list } : null };
  }
  const text = value[MARK];
  if (typeof text === "string") return { value: Number(text), exact: { text } };
  const parts = Object.entries(value).map(([name, item]) => [name, split(item)] as const);
  const record = Object.fromEntries(parts.flatMap(([name, part]) => (part.exact ? [[name, part.exact]] : [])));
  return {
    value: Object.fromEntries(parts.map(([name, part]) => [name, part.value])),
    exact: Object.keys(record).length > 0 ? { record } : null,
  };
}

/** JSON of the value, with every number that is still the same written as it was. */
export function writeExact(value: unknown, exact: Exact, indent = 0): string {
  if (exact === null) return JSON.stringify(value, null, indent);
  return JSON.stringify(join(value, exact), null, indent).replace(MARKED, "$1");
}

function join(value: unknown, exact: Exact): unknown {
  if (exact === null) return value;
  if ("text" in exact) return value === Number(exact.text) ? { [MARK]: exact.text } : value;
  if ("list" in exact)
    return Array.isArray(value) ? value.map((item: unknown, at) => join(item, exact.list[at] ?? null)) : value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, join(item, exact.record[name] ?? null)]),
  );
}
