/** The whole graph in a corner, with a frame around what is seen. Drawn once per change, moved by blitting. */
import { useReactFlow, useStoreApi } from "@xyflow/react";
import { useEffect, useMemo, useRef, type PointerEvent } from "react";
import { useRunStatus } from "../run/statusStore";
import type { FlowNode } from "./flowTypes";
import { useGhosts } from "./ghosts";
import { readColors, type Colors, type Shape } from "./paint";
import { sceneOf } from "./scene";
import type { Box } from "./place";

const WIDTH = 176;
const HEIGHT = 112;
const PAD = 8;

export function MiniMap({ nodes }: { nodes: readonly FlowNode[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const store = useStoreApi();
  const { setCenter, getZoom } = useReactFlow();
  const shapes = useMemo(() => sceneOf(nodes, []).shapes, [nodes]);
  const fit = useMemo(() => fitted(shapes), [shapes]);
  useEffect(() => (canvas.current ? keepDrawn(canvas.current, shapes, fit, store) : undefined), [shapes, fit, store]);
  const look = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.buttons !== 1) return;
    const corner = event.currentTarget.getBoundingClientRect();
    const [x, y] = [fit.back(event.clientX - corner.left, "x"), fit.back(event.clientY - corner.top, "y")];
    void setCenter(x, y, { zoom: getZoom() });
  };
  if (shapes.length === 0) return null;
  return (
    <canvas
      ref={canvas}
      className="minimap nopan"
      style={{ width: WIDTH, height: HEIGHT }}
      role="img"
      aria-label="Mini-map"
      onPointerDown={look}
      onPointerMove={look}
    />
  );
}

type Store = ReturnType<typeof useStoreApi>;

/** Draws the picture whenever it changes, and the frame whenever the view moves, until it is stopped. */
function keepDrawn(surface: HTMLCanvasElement, shapes: readonly Shape[], fit: Fit, store: Store) {
  const context = surface.getContext("2d");
  if (!context) return undefined;
  surface.width = WIDTH * devicePixelRatio;
  surface.height = HEIGHT * devicePixelRatio;
  const colors = readColors();
  let picture: OffscreenCanvas | null = null;
  let frame = 0;
  const draw = () => {
    frame = 0;
    picture ??= drawShapes(surface, shapes, fit, colors);
    const [x, y, zoom] = store.getState().transform;
    const { width, height } = store.getState();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, surface.width, surface.height);
    if (picture) context.drawImage(picture, 0, 0);
    context.scale(devicePixelRatio, devicePixelRatio);
    context.strokeStyle = colors("accent");
    context.lineWidth = 1.5;
    const left = Math.max(1, fit.x(-x / zoom));
    const top = Math.max(1, fit.y(-y / zoom));
    const right = Math.min(WIDTH - 1, fit.x((width - x) / zoom));
    const bottom = Math.min(HEIGHT - 1, fit.y((height - y) / zoom));
    context.strokeRect(left, top, right - left, bottom - top);
  };
  const soon = () => {
    frame ||= requestAnimationFrame(draw);
  };
  soon();
  const anew = () => {
    picture = null;
    soon();
  };
  const stops = [store.subscribe(soon), useRunStatus.subscribe(anew), useGhosts.subscribe(anew)];
  return () => {
    cancelAnimationFrame(frame);
    stops.forEach((stop) => stop());
  };
}

function drawShapes(surface: HTMLCanvasElement, shapes: readonly Shape[], fit: Fit, colors: Colors) {
  const made = new OffscreenCanvas(surface.width, surface.height);
  const pen = made.getContext("2d");
  if (!pen) return null;
  pen.scale(devicePixelRatio, devicePixelRatio);
  const { byNode } = useRunStatus.getState();
  const { byNode: ghosts } = useGhosts.getState();
  for (const shape of shapes) {
    const status = ghosts.get(shape.id)?.mark ?? byNode[shape.id]?.status;
    pen.globalAlpha = shape.kind === "group" || shape.kind === "loop" ? 0.35 : 1;
    pen.fillStyle = colors(status ? status.toLowerCase() : shape.kind === "trigger" ? "accent" : "line-strong");
    pen.fillRect(
      fit.x(shape.x),
      fit.y(shape.y),
      Math.max(1.5, shape.width * fit.scale),
      Math.max(1.5, shape.height * fit.scale),
    );
  }
  return made;
}

type Fit = ReturnType<typeof fitted>;

/** How the graph's coordinates map to the picture's. */
function fitted(shapes: readonly Box[]) {
  const left = Math.min(...shapes.map(({ x }) => x));
  const top = Math.min(...shapes.map(({ y }) => y));
  const width = Math.max(...shapes.map((box) => box.x + box.width)) - left;
  const height = Math.max(...shapes.map((box) => box.y + box.height)) - top;
  const scale = Math.min((WIDTH - 2 * PAD) / width, (HEIGHT - 2 * PAD) / height, 0.12);
  const [indentX, indentY] = [(WIDTH - width * scale) / 2, (HEIGHT - height * scale) / 2];
  return {
    scale,
    x: (x: number) => (x - left) * scale + indentX,
    y: (y: number) => (y - top) * scale + indentY,
    back: (pixel: number, axis: "x" | "y") =>
      axis === "x" ? (pixel - indentX) / scale + left : (pixel - indentY) / scale + top,
  };
}
