import type { Json } from "../api/types";

/** The value of a text as JSON; undefined while it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
