/** Which parts of a proposal are taken. A part comes with all that it needs, and goes with all that needs it. */
import type { Patch } from "../document/patch";
import type { Part } from "./types";

type Chosen = ReadonlySet<number>;

export const allParts = (parts: readonly Part[]): Chosen => new Set(parts.map(({ id }) => id));

export function withPart(parts: readonly Part[], chosen: Chosen, id: number): Chosen {
  const next = new Set(chosen);
  const take = (part: number) => {
    if (next.has(part) && part !== id) return;
    next.add(part);
    for (const needed of parts.find((each) => each.id === part)?.needs ?? []) if (!next.has(needed)) take(needed);
  };
  take(id);
  return next;
}

export function withoutPart(parts: readonly Part[], chosen: Chosen, id: number): Chosen {
  const next = new Set(chosen);
  const leave = (part: number) => {
    next.delete(part);
    for (const other of parts) if (next.has(other.id) && other.needs.includes(part)) leave(other.id);
  };
  leave(id);
  return next;
}

export const turned = (parts: readonly Part[], chosen: Chosen, id: number): Chosen =>
  chosen.has(id) ? withoutPart(parts, chosen, id) : withPart(parts, chosen, id);

/** The edits of the parts that are taken, in the order of the patch. */
export function chosenPatch(patch: Patch, parts: readonly Part[], chosen: Chosen): Patch {
  if (parts.length === 0) return patch;
  const taken = new Set(parts.filter(({ id }) => chosen.has(id)).flatMap(({ edits }) => edits));
  return patch.filter((_, at) => taken.has(at));
}
