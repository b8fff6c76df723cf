/** A change at the end of a JSON pointer (RFC 6901) below a node's parameters: `/fields/total`, `/rows/0`, `/rows/-`. */
import type { Json, NodeId } from "../api/types";

/** Why an edit has nothing to act on. */
export class PatchError extends Error {}

type Record_ = Record<string, Json>;

export function stepsOf(pointer: string): string[] {
  if (!pointer.startsWith("/")) throw new PatchError(`expected a path that begins with \`/\`, found \`${pointer}\``);
  return pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value at the end of a path; undefined when there is none. */
export function valueAt(params: Record_ | undefined, pointer: string): Json | undefined {
  let value: Json | undefined = params;
  for (const step of stepsOf(pointer)) {
    if (Array.isArray(value)) value = value[indexOf(step) ?? -1];
    else value = isRecord(value) ? value[step] : undefined;
  }
  return value;
}

/** The parameters with the change in them; undefined takes the value away. */
export function changeAt(params: Record_, pointer: string, value: Json | undefined, node: NodeId): Record_ {
  const steps = stepsOf(pointer);
  const missing = (depth: number) =>
    new PatchError(`the node \`${node}\` has no parameter \`/${steps.slice(0, depth).join("/")}\``);
  const inside = (holder: Json, depth: number): Json => {
    if (Array.isArray(holder)) return insideList(holder, depth);
    if (isRecord(holder)) return insideRecord(holder, depth);
    throw new PatchError(`\`/${steps.slice(0, depth).join("/")}\` of the node \`${node}\` has no parts`);
  };
  const insideRecord = (record: Record_, depth: number): Record_ => {
    const key = steps[depth] as string;
    const isEnd = depth + 1 === steps.length;
    const found = record[key];
    if (isEnd && value !== undefined) return { ...record, [key]: value };
    if (found === undefined) throw missing(depth + 1);
    if (!isEnd) return { ...record, [key]: inside(found, depth + 1) };
    const { [key]: _, ...rest } = record;
    return rest;
  };
  const insideList = (list: Json[], depth: number): Json[] => {
    const step = steps[depth] as string;
    const at = step === "-" ? list.length : indexOf(step);
    const isEnd = depth + 1 === steps.length;
    const isItem = at !== null && at < list.length;
    const isNext = at === list.length && isEnd && value !== undefined;
    if (at === null || !(isItem || isNext)) {
      throw new PatchError(
        `\`/${steps.slice(0, depth).join("/")}\` of \`${node}\` is a list of ${list.length}; found \`${step}\``,
      );
    }
    if (!isEnd) return list.with(at, inside(list[at] as Json, depth + 1));
    return value === undefined ? list.toSpliced(at, 1) : list.toSpliced(at, 1, value);
  };
  return insideRecord(params, 0);
}

/** The position that a step names, in its only spelling. */
const indexOf = (step: string) => (/^(0|[1-9]\d*)$/.test(step) ? Number(step) : null);

const isRecord = (value: Json | undefined): value is Record_ =>
  typeof value === "object" && value !== null && !Array.isArray(value);
