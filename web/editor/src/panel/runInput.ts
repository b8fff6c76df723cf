/** What a run starts with: what the trigger asks for, and what was given last, which this browser keeps. */
import type { Json, JsonSchema, Workflow } from "../api/types";
import { same } from "../document/json";
import { readJson, writeJson } from "../lib/exact";
import { fieldsOf, hint, isRecord, type Field } from "../lib/schema";

const KEPT = 5;
/** A longer input is not kept: the browser's store is small and shared. */
const CHARS_MAX = 65_536;

const keyOf = (workflow: string) => `flowforge/inputs/${workflow}`;

/** The latest first. */
export function lastInputs(workflow: string): Json[] {
  try {
    const kept: unknown = readJson(localStorage.getItem(keyOf(workflow)) ?? "[]");
    return Array.isArray(kept) ? (kept as Json[]) : [];
  } catch {
    return [];
  }
}

export function rememberInput(workflow: string, input: Json) {
  if (writeJson(input).length > CHARS_MAX) return;
  const others = lastInputs(workflow).filter((other) => !same(other, input));
  try {
    localStorage.setItem(keyOf(workflow), writeJson([input, ...others].slice(0, KEPT)));
  } catch {
    // The store is full or closed: the next run is typed again.
  }
}

/** The fields of the trigger's schema; null when it has none that a form could be made of. */
export function inputFields(workflow: Workflow): Field[] | null {
  const trigger = workflow.graph.nodes.find(({ type, disabled }) => type.startsWith("trigger.") && !disabled);
  const schema = trigger?.params?.["schema"];
  if (!isRecord(schema) || !isRecord(schema["properties"])) return null;
  const fields = fieldsOf(schema as JsonSchema);
  return fields.length > 0 ? fields : null;
}

/** The input of a run that nobody is asked about: the last one, or an empty one when nothing is needed. */
export function knownInput(workflow: Workflow): Json | undefined {
  const [last] = lastInputs(workflow.id);
  if (last !== undefined) return last;
  const needed = inputFields(workflow)?.some((field) => hint(field, undefined) !== null) ?? false;
  return needed ? undefined : {};
}
