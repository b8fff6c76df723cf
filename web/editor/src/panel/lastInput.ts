/** What runs of a workflow were last started with, kept in this browser. */
import type { Json } from "../api/types";
import { same } from "../document/json";

const KEPT = 5;
/** A longer input is not kept: the browser's store is small and shared. */
const CHARS_MAX = 65_536;

const keyOf = (workflow: string) => `flowforge/inputs/${workflow}`;

/** The latest first. */
export function lastInputs(workflow: string): Json[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(workflow)) ?? "[]");
    return Array.isArray(kept) ? (kept as Json[]) : [];
  } catch {
    return [];
  }
}

export function rememberInput(workflow: string, input: Json) {
  if (JSON.stringify(input).length > CHARS_MAX) return;
  const others = lastInputs(workflow).filter((other) => !same(other, input));
  try {
    localStorage.setItem(keyOf(workflow), JSON.stringify([input, ...others].slice(0, KEPT)));
  } catch {
    // The store is full or closed: the next run is typed again.
  }
}
