/** Draws a graph on a 2D canvas: the overview and the mini-map. No React, no document. */
import type { NodeId, Position, Status } from "../api/types";
import type { GhostMark } from "./ghosts";
import type { Box } from "./place";

export interface Shape extends Box {
  id: NodeId;
  title: string;
  kind: "step" | "trigger" | "loop" | "note" | "group";
  disabled: boolean;
}

export interface Scene {
  shapes: readonly Shape[];
  /** Pairs of indexes into `shapes`. */
  edges: readonly (readonly [number, number])[];
}

export interface Eye {
  x: number;
  y: number;
  zoom: number;
  width: number;
  height: number;
}

export interface Live {
  selected: ReadonlySet<string>;
  status: (id: NodeId) => Status | undefined;
  /** What a proposed change does to it. */
  ghost: (id: NodeId) => GhostMark | undefined;
  /** How far the selected shapes are being dragged. */
  drag: Position | null;
}

export type Colors = (name: string) => string;

/** Narrower boxes have no room for a title. */
const TITLED_PX_MIN = 56;
const TITLE_PX = 10;

/** Reads colour tokens once; the theme is asked again when it changes. */
export function readColors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const known = new Map<string, string>();
  return (name) => {
    let color = known.get(name);
    if (color === undefined) known.set(name, (color = style.getPropertyValue(`--${name}`).trim() || "#888"));
    return color;
  };
}

export function paint(context: CanvasRenderingContext2D, scene: Scene, eye: Eye, live: Live, color: Colors) {
  context.clearRect(0, 0, eye.width, eye.height);
  const boxes = scene.shapes.map((shape) => onScreen(shape, eye, live));
  paintEdges(context, scene, boxes, eye, color);
  const seen = scene.shapes.flatMap((shape, at) => {
    const box = boxes[at];
    return box && box.x < eye.width && box.y < eye.height && box.x + box.width > 0 && box.y + box.height > 0
      ? [{ shape, box }]
      : [];
  });
  for (const { shape, box } of seen) paintShape(context, shape, box, live, color);
}

function onScreen(shape: Shape, eye: Eye, { selected, drag }: Live): Box {
  const by = drag && selected.has(shape.id) ? drag : { x: 0, y: 0 };
  return {
    x: (shape.x + by.x) * eye.zoom + eye.x,
    y: (shape.y + by.y) * eye.zoom + eye.y,
    width: shape.width * eye.zoom,
    height: shape.height * eye.zoom,
  };
}

function paintEdges(context: CanvasRenderingContext2D, scene: Scene, boxes: readonly Box[], eye: Eye, color: Colors) {
  context.beginPath();
  for (const [from, to] of scene.edges) {
    const a = boxes[from];
    const b = boxes[to];
    if (!a || !b) continue;
    const x1 = a.x + a.width;
    const y1 = a.y + a.height / 2;
    const y2 = b.y + b.height / 2;
    if (Math.max(x1, b.x) < 0 || Math.min(x1, b.x) > eye.width || Math.max(y1, y2) < 0 || Math.min(y1, y2) > eye.height)
      continue;
    context.moveTo(x1, y1);
    context.lineTo(b.x, y2);
  }
  context.strokeStyle = color("line-strong");
  context.lineWidth = 1;
  context.stroke();
}

function paintShape(
  context: CanvasRenderingContext2D,
  shape: Shape,
  box: Box,
  { selected, status, ghost }: Live,
  color: Colors,
) {
  const mark = ghost(shape.id);
  const now = mark ?? status(shape.id);
  context.globalAlpha = shape.disabled || shape.kind === "group" || mark === "removed" ? 0.45 : 1;
  context.fillStyle = color(fillOf(shape));
  context.fillRect(box.x, box.y, box.width, box.height);
  const isChosen = selected.has(shape.id);
  context.strokeStyle = color(isChosen ? "accent" : now ? now.toLowerCase() : "line-strong");
  context.lineWidth = isChosen || now ? 2 : 1;
  context.setLineDash(mark === "added" ? [4, 3] : []);
  context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
  if (box.width >= TITLED_PX_MIN) paintTitle(context, shape, box, color);
  context.globalAlpha = 1;
}

function fillOf({ kind }: Shape): string {
  if (kind === "trigger" || kind === "group") return "accent-soft";
  if (kind === "note") return "note-yellow";
  return kind === "loop" ? "raised" : "surface";
}

function paintTitle(context: CanvasRenderingContext2D, shape: Shape, box: Box, color: Colors) {
  const letters = Math.floor((box.width - 8) / (TITLE_PX * 0.56));
  const text = shape.title.length > letters ? `${shape.title.slice(0, Math.max(1, letters - 1))}…` : shape.title;
  context.fillStyle = color("ink");
  context.font = `${TITLE_PX}px ${getFont()}`;
  context.textBaseline = "middle";
  context.fillText(text, box.x + 4, shape.kind === "loop" ? box.y + TITLE_PX : box.y + box.height / 2);
}

const getFont = () => "ui-sans-serif, system-ui, sans-serif";
