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
  return writeJson(exact === null ? value : join(value, exact), indent);
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

/**
 * The texts of such numbers by the object or list in which they stand. What travels through the editor in one piece, a
 * frame's input on its way into a fork, needs no second value beside it.
 */
const textsIn = new WeakMap<object, Readonly<Record<string, string>>>();

/** Reads JSON; `writeJson` writes its objects and lists again as they were. */
export function readJson(text: string): Json {
  const { value, exact } = parseExact(text);
  remember(value, exact);
  return value;
}

function remember(value: Json, exact: Exact): void {
  if (exact === null || "text" in exact || typeof value !== "object" || value === null) return;
  const parts = "list" in exact ? Object.entries(exact.list) : Object.entries(exact.record);
  const texts: Record<string, string> = {};
  for (const [name, part] of parts) {
    if (part === null) continue;
    if ("text" in part) texts[name] = part.text;
    else remember((value as Record<string, Json>)[name] ?? null, part);
  }
  if (Object.keys(texts).length > 0) textsIn.set(value, texts);
}

/** How the number under a name was written, when that says more than the number does. */
export function numberText(holder: unknown, name: string | number): string | undefined {
  if (typeof holder !== "object" || holder === null) return undefined;
  const text = textsIn.get(holder)?.[name];
  return text !== undefined && (holder as Record<string, unknown>)[name] === Number(text) ? text : undefined;
}

/** JSON of the value; numbers in what `readJson` read are written as they were. */
export function writeJson(value: unknown, indent = 0): string {
  let found = false;
  const text = JSON.stringify(
    value,
    function (this: unknown, name, item: unknown) {
      const exact = typeof item === "number" ? numberText(this, name) : undefined;
      if (exact === undefined) {
        found ||= name === MARK;
        return item;
      }
      found = true;
      return { [MARK]: exact };
    },
    indent,
  );
  return found ? text.replace(MARKED, "$1") : text;
}

/** JSON of what an object or a list has under a name. */
export const writeJsonOf = (holder: object, name: string, indent = 0): string =>
  numberText(holder, name) ?? writeJson((holder as Record<string, unknown>)[name] ?? null, indent);

/** Gives a holder a value from JSON; `writeJson` of the holder writes it as it stands there. */
export function putExact(holder: Record<string, unknown>, name: string, text: string): void {
  const { value, exact } = parseExact(text);
  holder[name] = value;
  remember(holder as Record<string, Json>, exact && { record: { [name]: exact } });
}

/** The same with other fields: numbers of those that it keeps are still known. */
export function changedOf<T extends object>(was: T, fields: Partial<T>): T {
  const made = { ...was, ...fields };
  const texts = textsIn.get(was);
  if (texts) textsIn.set(made, texts);
  return made;
}
