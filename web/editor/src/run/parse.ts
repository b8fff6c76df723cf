import { readJson } from "../lib/exact";
import type { Json } from "../api/types";

/** The value of a text as JSON, with its numbers as they were typed; undefined while it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return readJson(text);
  } catch {
    return undefined;
  }
}

/** A record with this one field, so that a number is known as it was typed also when it is the whole value. */
export function parseField(name: string, text: string): Record<string, Json> | undefined {
  if (parseJson(text) === undefined) return undefined;
  return readJson(`{${JSON.stringify(name)}:${text}}`) as Record<string, Json>;
}
