/** Edits of what helps people only: notes and groups. Runs know nothing of them. */
import * as Y from "yjs";
import type { NodeId, Note, Position } from "../api/types";
import { edit } from "./edit";
import { yGroup, yNote } from "./load";
import { entryAt, freeKey, lastOrder, roots, within, type Fields } from "./shape";
import { rewrite } from "./text";

const NOTE_SIZE = { width: 240, height: 140 };

export function addNote(doc: Y.Doc, at: Position, text = "", color = "yellow"): string {
  return edit(doc, "Add note", () => {
    const notes = within(roots(doc).meta, "notes");
    const id = freeKey(notes, "note1");
    notes.set(id, yNote({ id, text, x: Math.round(at.x), y: Math.round(at.y), ...NOTE_SIZE, color }, lastOrder(notes)));
    return id;
  });
}

export function setNote(doc: Y.Doc, key: string, change: Partial<Note>) {
  const typing = change.text === undefined ? undefined : `note/${key}`;
  edit(doc, "Change note", () => assign(entryAt(within(roots(doc).meta, "notes"), key), change), typing);
}

export const moveNotes = (doc: Y.Doc, positions: Readonly<Record<string, Position>>) =>
  edit(doc, "Move note", () => {
    const notes = within(roots(doc).meta, "notes");
    for (const [key, { x, y }] of Object.entries(positions)) {
      assign(entryAt(notes, key), { x: Math.round(x), y: Math.round(y) });
    }
  });

/** Puts a named frame around nodes; they leave the groups that they were in. */
export function group(doc: Y.Doc, ids: readonly NodeId[], title = "Group", color = "stone"): string {
  return edit(doc, "Group", () => {
    const groups = within(roots(doc).meta, "groups");
    leave(groups, ids);
    const id = freeKey(groups, "group1");
    groups.set(id, yGroup({ id, title, nodes: [...ids], color }, lastOrder(groups)));
    return id;
  });
}

export function ungroup(doc: Y.Doc, key: string) {
  edit(doc, "Ungroup", () => within(roots(doc).meta, "groups").delete(key));
}

export function setGroup(doc: Y.Doc, key: string, change: { title?: string; color?: string }) {
  const set = () => assign(entryAt(within(roots(doc).meta, "groups"), key), change);
  edit(doc, "Change group", set, change.title ? `group/${key}` : undefined);
}

function leave(groups: Fields, ids: readonly NodeId[]) {
  for (const [key, entry] of groups) {
    const members = entry instanceof Y.Map ? entry.get("nodes") : null;
    if (!(members instanceof Y.Map)) continue;
    const had = members.size;
    for (const id of ids) members.delete(id);
    if (had > 0 && members.size === 0) groups.delete(key);
  }
}

function assign(entry: Fields | undefined, change: object) {
  if (!entry) return;
  for (const [field, value] of Object.entries(change)) {
    const before = entry.get(field);
    if (before instanceof Y.Text && typeof value === "string") rewrite(before, value);
    else if (value !== undefined && before !== value) entry.set(field, value);
  }
}
