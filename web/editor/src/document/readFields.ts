/** The fields of one thing in a document: read one by one, so that one that cannot be read does not hide the others. */
import * as Y from "yjs";
import type { Json, Place, Problem } from "../api/types";
import type { Fits } from "./fits";
import { DEPTH_MAX, fromShared, isRecord } from "./nested";
import { unescaped, type Fields } from "./shape";

/** What a document holds and the workflow cannot show. It stays in the document. */
export function wrong(field: string, message: string, hint?: string): Problem {
  return { severity: "warning", code: "not-shown", message, ...(hint && { hint }), place: { field } };
}

export const at = (problem: Problem, place: Place): Problem => ({ ...problem, place: { ...problem.place, ...place } });

export const AGAIN = "set the field again";

/** A part of a JSON pointer. */
export const part = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");

/**
 * Every field that can be read, under its own name, in the order of the names. Null when it is no record; one that a client
 * wrote as one plain value is one, too.
 */
export function readFields(entry: unknown, place: string, problems: Problem[]): Record<string, Json> | null {
  if (entry instanceof Y.Map) return readMap(entry as Fields, place, problems);
  const read = fromShared(entry);
  if (!isRecord(read)) return null;
  const fields = Object.entries(read).flatMap(([key, value]) => {
    const name = unescaped(key);
    return name === null ? [] : [[name, value] as const];
  });
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function readMap(
  map: Fields,
  place: string,
  problems: Problem[],
  isWanted: (name: string) => boolean = () => true,
): Record<string, Json> {
  const fields: Record<string, Json> = {};
  for (const key of [...map.keys()].sort()) {
    const [name, held] = [unescaped(key), map.get(key)];
    if (name === null || !isWanted(name) || held === undefined) continue;
    const value = fromShared(held);
    if (value === undefined) problems.push(unreadable(`${place}/${name}`, held));
    else fields[name] = value;
  }
  return fields;
}

function unreadable(place: string, held: unknown): Problem {
  return holdsNoValue(held)
    ? wrong(place, "expected a value, found a part of a document", AGAIN)
    : wrong(
        place,
        `nested deeper than ${DEPTH_MAX} levels`,
        "keep data out of the workflow: pass it as the run's input",
      );
}

/** Whether a part of a document lies in it that stands for no value: another document, a type that nobody knows. */
function holdsNoValue(held: unknown, deepest = DEPTH_MAX): boolean {
  if (held instanceof Y.Map && deepest > 0) return [...held.values()].some((one) => holdsNoValue(one, deepest - 1));
  if (held instanceof Y.Array && deepest > 0) return held.toArray().some((one) => holdsNoValue(one, deepest - 1));
  const isShared = held instanceof Y.AbstractType || held instanceof Y.Doc;
  return isShared && !(held instanceof Y.Map) && !(held instanceof Y.Array) && fromShared(held) === undefined;
}

/** Leaves out the fields that do not take their value, as problems. */
export function fitting(
  fields: Record<string, Json>,
  fits: Fits,
  place: string,
  problems: Problem[],
): Record<string, Json> {
  const fitting: Record<string, Json> = {};
  for (const [name, value] of Object.entries(fields)) {
    const fit = Object.hasOwn(fits, name) ? fits[name] : undefined;
    if (!fit || fit.takes(value)) fitting[name] = value;
    else problems.push(wrong(`${place}/${name}`, `expected ${fit.expected}`, AGAIN));
  }
  return fitting;
}
