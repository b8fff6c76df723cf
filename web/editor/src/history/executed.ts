/** From a run to the history of its workflow: which version it executed, what is beside that, and which edits lie between two runs. */
import type { NodeId } from "../api/types";
import type { Version } from "./api";
import { nodeOf } from "./words";

/** The versions beside the one with this hash; `rows` are the newest first. */
export function neighbours(rows: readonly Version[], hash: string): { older: Version | null; newer: Version | null } {
  const at = rows.findIndex((row) => row.hash === hash);
  if (at < 0) return { older: null, newer: null };
  return { older: rows[at + 1] ?? null, newer: rows[at - 1] ?? null };
}

/** The versions that made `to` of `from`, the newest first; the other way round when `to` is the older one. */
export function between(rows: readonly Version[], from: string, to: string): readonly Version[] {
  const [a, b] = [rows.findIndex(({ hash }) => hash === from), rows.findIndex(({ hash }) => hash === to)];
  return a < 0 || b < 0 ? [] : rows.slice(Math.min(a, b), Math.max(a, b));
}

/** The last of these versions that touched a node, what lies in it or leads to it left aside. */
export const touching = (rows: readonly Version[], node: NodeId): Version | null =>
  rows.find(({ touched }) => touched.some((place) => nodeOf(place) === node)) ?? null;
