/** How a version is told: by whom, how, when, and what of the workflow it touched. */
import type { NodeId } from "../api/types";
import { COLORS, initialsOf, type Peer } from "../collab/peer";
import { counted } from "../lib/words";
import type { Author, Version } from "./api";

const ORIGINS: Record<string, string> = {
  typing: "typed",
  save: "saved",
  proposal: "accepted proposal",
  restore: "restored",
  import: "imported",
  seed: "began it",
};

/** `typed`; empty when it was not recorded. */
export const originWords = (origin: string) => ORIGINS[origin] ?? "";

/** An author as their avatar shows them. The colour of a name is the same in every place of the history. */
export function looksOf({ name, kind }: Author): Pick<Peer, "color" | "kind" | "initials"> {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return {
    color: COLORS[sum % COLORS.length] as string,
    kind: kind === "ai" ? "ai" : "person",
    initials: initialsOf(name),
  };
}

const NAMED_MAX = 2;

/** `Ada and Ben`; whoever was not recorded is somebody. */
export function authorsWords(authors: readonly Author[]): string {
  const names = authors.map(({ name, id }) => name || id);
  if (names.length === 0) return "Somebody";
  return listed(names);
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listed(names: readonly string[], most = NAMED_MAX): string {
  if (names.length <= 1) return names[0] ?? "";
  if (names.length <= most) return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}

export type NameOf = (node: NodeId) => string;

/** A place of the document, as `nodes/fetch/params/url`, in its parts. A parameter may lie deeper than one level. */
export function partsOf(place: string): { root: string; id: string; field: string } {
  const [root = "", id = "", ...rest] = place.split("/");
  return { root, id, field: (rest[0] === "params" ? rest.slice(1) : rest).join(".") };
}

export const nodeOf = (place: string): NodeId | null => {
  const { root, id } = partsOf(place);
  return root === "nodes" && id ? id : null;
};

/** The field of a node that is meant: `url`; of the node itself, all of it. */
export const fieldOf = (place: string) => partsOf(place).field || "the node itself";

/** `Fetch orders: url`. */
export function placeWords(place: string, nameOf: NameOf): string {
  const { root, id, field } = partsOf(place);
  if (root === "nodes") return id ? (field ? `${nameOf(id)}: ${field}` : nameOf(id)) : "order of the nodes";
  if (root === "edges") return `edge ${id.replace(">", " → ")}`;
  if (root === "meta") return id === "config" ? `settings${field ? `: ${field}` : ""}` : `workflow: ${id}`;
  return place;
}

/** What was touched, in short: `Total, Fetch orders and 2 more, 1 edge`. */
export function touchedWords(touched: readonly string[], nameOf: NameOf): string {
  const nodes = [...new Set(touched.flatMap((place) => nodeOf(place) ?? []))];
  const edges = new Set(touched.filter((place) => place.startsWith("edges/"))).size;
  const rest = [...new Set(touched.filter((place) => place.startsWith("meta/")).map((place) => metaWords(place)))];
  return [nodes.length > 0 && listed(nodes.map(nameOf)), edges > 0 && counted(edges, "edge"), ...rest]
    .filter(Boolean)
    .join(", ");
}

function metaWords(place: string): string {
  const { id } = partsOf(place);
  return id === "config" ? "settings" : id;
}

/** What a version is called: its name, or what it touched. Of the first one nothing is known but that it is there. */
export function titleOf({ name, touched, origin }: Version, nameOf: NameOf): string {
  if (name) return name;
  if (origin === "seed") return "The beginning";
  return touchedWords(touched, nameOf) || "The whole workflow";
}

const DAY_MS = 86_400_000;
const startOf = (time: number) => new Date(time).setHours(0, 0, 0, 0);

/** `Today`, `Yesterday`, `19 November 2026`; what has no time is earlier than all of that. */
export function dayOf(at: string | null | undefined, now = Date.now()): string {
  if (!at) return "Earlier";
  const days = Math.round((startOf(now) - startOf(Date.parse(at))) / DAY_MS);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

export const clockOf = (at: string | null | undefined) =>
  at ? new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }) : "";

/** Versions in the order in which they came, by day. */
export function byDay<Row extends Pick<Version, "savedAt">>(
  rows: readonly Row[],
  now = Date.now(),
): { day: string; rows: Row[] }[] {
  const days: { day: string; rows: Row[] }[] = [];
  for (const row of rows) {
    const day = dayOf(row.savedAt, now);
    const last = days.at(-1);
    if (last?.day === day) last.rows.push(row);
    else days.push({ day, rows: [row] });
  }
  return days;
}
