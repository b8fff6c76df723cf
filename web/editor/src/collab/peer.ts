/**
 * What the others in a workflow's room tell of themselves. It comes from their browsers, so nothing of it is believed: what
 * has not the right shape is left out, and whoever has no name is not shown.
 */
import type { NodeId, Position, RunId, Seq } from "../api/types";

export type Kind = "person" | "ai";

/** What somebody looks at. */
export interface Place {
  view: "canvas" | "run";
  node?: NodeId;
  /** The parameter that they are in. */
  field?: string;
  run?: RunId;
  /** The moment of that run. */
  seq?: Seq;
  /** The frame that they see of it. */
  frame?: Looked;
  /** The middle of their canvas, and how near they are. */
  eye?: Eye;
}

export interface Looked {
  /** The event that opened it. */
  opened: Seq;
  node: NodeId;
}

export interface Eye extends Position {
  zoom: number;
}

export interface Peer {
  client: number;
  name: string;
  /** The service's id of them, as they say. */
  person?: string;
  initials: string;
  color: string;
  kind: Kind;
  place: Place;
  /** On the canvas. */
  pointer: Position | null;
  selection: readonly NodeId[];
  /** Where the nodes are that they drag. */
  drag: Readonly<Record<NodeId, Position>> | null;
  /** What the AI is at. */
  doing?: string;
}

export const NAME_MAX = 60;
const IDS_MAX = 500;
const ID_MAX = 200;

export function peerOf(client: number, state: unknown): Peer | null {
  if (!isRecord(state) || !isRecord(state["user"])) return null;
  const { name, color, kind, avatar, id } = state["user"];
  const { doing } = state;
  const shown = typeof name === "string" ? name.trim().slice(0, NAME_MAX) : "";
  if (!shown) return null;
  return {
    client,
    name: shown,
    ...(isId(id) && { person: id }),
    initials: typeof avatar === "string" && avatar.trim() ? avatar.trim().slice(0, 3) : initialsOf(shown),
    color: typeof color === "string" && /^#[0-9a-f]{6}$/i.test(color) ? color : colorOf(client),
    kind: kind === "ai" ? "ai" : "person",
    place: placeOf(state["place"]),
    pointer: positionOf(state["pointer"]),
    selection: idsOf(state["selection"]),
    drag: dragOf(state["drag"]),
    ...(typeof doing === "string" && doing.trim() && { doing: doing.trim().slice(0, NAME_MAX) }),
  };
}

export function initialsOf(name: string): string {
  const words = name.split(/[\s.\-_]+/).filter(Boolean);
  const [first = "", last = ""] = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return `${[...first][0] ?? "?"}${[...last][0] ?? ""}`.toUpperCase();
}

/** With white letters on each, and each to be seen on the light ground and the dark. */
export const COLORS = [
  "#2563eb",
  "#c2410c",
  "#0f766e",
  "#7c3aed",
  "#be185d",
  "#4d7c0f",
  "#0e7490",
  "#b91c1c",
  "#a16207",
  "#9333ea",
] as const;

export const colorOf = (client: number): string => COLORS[client % COLORS.length] as string;

function placeOf(value: unknown): Place {
  if (!isRecord(value)) return { view: "canvas" };
  const { view, node, field, run, seq, frame, eye } = value;
  const [known, looked] = [eyeOf(eye), lookedOf(frame)];
  return {
    view: view === "run" ? "run" : "canvas",
    ...(isId(node) && { node }),
    ...(isId(field) && { field }),
    ...(isId(run) && { run }),
    ...(Number.isInteger(seq) && { seq: seq as number }),
    ...(looked && { frame: looked }),
    ...(known && { eye: known }),
  };
}

function lookedOf(value: unknown): Looked | null {
  if (!isRecord(value)) return null;
  const { opened, node } = value;
  return Number.isInteger(opened) && isId(node) ? { opened: opened as number, node } : null;
}

function eyeOf(value: unknown): Eye | null {
  const at = positionOf(value);
  const zoom = isRecord(value) ? value["zoom"] : null;
  return at && typeof zoom === "number" && zoom > 0 && zoom < 100 ? { ...at, zoom } : null;
}

function positionOf(value: unknown): Position | null {
  if (!isRecord(value)) return null;
  const { x, y } = value;
  return isPlace(x) && isPlace(y) ? { x, y } : null;
}

const FAR = 1e7;
const isPlace = (value: unknown): value is number => typeof value === "number" && Math.abs(value) < FAR;
const isId = (value: unknown): value is string => typeof value === "string" && value !== "" && value.length <= ID_MAX;
const idsOf = (value: unknown): string[] => (Array.isArray(value) ? value.slice(0, IDS_MAX).filter(isId) : []);

function dragOf(value: unknown): Record<NodeId, Position> | null {
  if (!isRecord(value)) return null;
  const moved: Record<NodeId, Position> = {};
  for (const [id, at] of Object.entries(value).slice(0, IDS_MAX)) {
    const position = positionOf(at);
    if (position && isId(id)) moved[id] = position;
  }
  return moved;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
