/**
 * Two versions of a workflow that came from one: what either changed, in one. When both changed the same smallest part,
 * `mine` stands, because somebody is typing there.
 */
import type { Workflow } from "../api/types";
import { same } from "./json";
import { edgeKey } from "./load";
import { splice } from "./text";

export function merge(base: Workflow, mine: Workflow, theirs: Workflow): Workflow {
  return mergeValue(base, mine, theirs, []) as Workflow;
}

/** Lists whose entries have names of their own, and how each is named. */
const NAMED: Record<string, (entry: never) => string> = {
  "graph.nodes": (node: { id: string }) => node.id,
  "graph.edges": edgeKey,
  "graph.notes": (note: { id: string }) => note.id,
  "graph.groups": (group: { id: string }) => group.id,
};

function mergeValue(base: unknown, mine: unknown, theirs: unknown, path: string[]): unknown {
  if (same(mine, theirs) || same(base, theirs)) return mine;
  if (same(base, mine)) return theirs;
  const name = NAMED[path.join(".")];
  if (name && isList(mine) && isList(theirs)) return mergeNamed(isList(base) ? base : [], mine, theirs, name);
  if (isRecord(mine) && isRecord(theirs)) return mergeRecord(isRecord(base) ? base : {}, mine, theirs, path);
  if (typeof base === "string" && typeof mine === "string" && typeof theirs === "string") {
    return mergeText(base, mine, theirs);
  }
  return mine;
}

function mergeRecord(base: Fields, mine: Fields, theirs: Fields, path: string[]): Fields {
  const merged: Fields = {};
  for (const name of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const value = mergeValue(base[name], mine[name], theirs[name], [...path, name]);
    if (value !== undefined) merged[name] = value;
  }
  return merged;
}

/** In my order, then what only they have. */
function mergeNamed(base: unknown[], mine: unknown[], theirs: unknown[], name: (entry: never) => string): unknown[] {
  const index = (list: unknown[]) => new Map(list.map((entry) => [name(entry as never), entry]));
  const [before, ours, others] = [index(base), index(mine), index(theirs)];
  return [...new Set([...ours.keys(), ...others.keys()])].flatMap((key) => {
    const merged = mergeValue(before.get(key), ours.get(key), others.get(key), ["", key]);
    return merged === undefined ? [] : [merged];
  });
}

/** Both changes when they are apart, else mine. */
function mergeText(base: string, mine: string, theirs: string): string {
  const ours = splice(base, mine);
  const others = splice(base, theirs);
  const [first, second] = ours.at <= others.at ? [ours, others] : [others, ours];
  if (first.at + first.remove >= second.at) return mine;
  return (
    base.slice(0, first.at) +
    first.insert +
    base.slice(first.at + first.remove, second.at) +
    second.insert +
    base.slice(second.at + second.remove)
  );
}

type Fields = Record<string, unknown>;
const isList = (value: unknown): value is unknown[] => Array.isArray(value);
const isRecord = (value: unknown): value is Fields => typeof value === "object" && value !== null && !isList(value);
