/**
 * The whole graph on one 2D canvas, for zooms at which thousands of nodes are in sight. Nodes can be selected and
 * dragged here as well; nothing of it goes through React while the hand moves.
 */
import { useStoreApi } from "@xyflow/react";
import { useEffect, useMemo, useRef } from "react";
import type * as Y from "yjs";
import type { Position } from "../api/types";
import { companyNow } from "../collab/people";
import { moveNodes, moveNotes } from "../document/edits";
import { useRunStatus } from "../run/statusStore";
import { isGhostNode, useGhosts } from "./ghosts";
import { isStepId, noteKeyOf } from "./flowTypes";
import type { Flow } from "./toFlow";
import { paint, readColors, type Eye, type Live, type Scene, type Shape } from "./paint";
import { sceneOf } from "./scene";
import { select, useSelection } from "./selection";

interface OverviewProps {
  flow: Flow;
  selected: ReadonlySet<string>;
  doc: Y.Doc | null;
}

export function Overview({ flow, selected, doc }: OverviewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const store = useStoreApi();
  const scene = useMemo(() => sceneOf(flow.nodes, flow.edges), [flow]);
  useEffect(() => {
    const surface = canvas.current;
    const area = surface?.closest<HTMLElement>(".react-flow");
    if (!surface || !area) return;
    const live: Live = {
      selected,
      status: (id) => useRunStatus.getState().byNode[id]?.status,
      ghost: (id) => useGhosts.getState().byNode.get(id)?.mark,
      drag: null,
    };
    const screen = new Screen(surface, scene, live, () => {
      const { transform, width, height } = store.getState();
      return { x: transform[0], y: transform[1], zoom: transform[2], width, height };
    });
    screen.soon();
    const stops = [
      store.subscribe(screen.soon),
      useRunStatus.subscribe(screen.soon),
      useGhosts.subscribe(screen.soon),
      hearHand(area, screen, scene, live, doc, flow),
    ];
    return () => {
      screen.stop();
      stops.forEach((stop) => stop());
    };
  }, [scene, selected, store, doc, flow]);
  return (
    <canvas ref={canvas} className="overview" aria-label={`Overview of ${scene.shapes.length} nodes`} role="img" />
  );
}

class Screen {
  private frame = 0;
  private readonly colors = readColors();

  constructor(
    private readonly surface: HTMLCanvasElement,
    private readonly scene: Scene,
    private readonly live: Live,
    readonly eye: () => Eye,
  ) {}

  /** Draws with the next frame, however often it is asked. */
  soon = () => {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  };

  stop() {
    cancelAnimationFrame(this.frame);
  }

  private draw() {
    const eye = this.eye();
    const scale = devicePixelRatio;
    const [width, height] = [Math.round(eye.width * scale), Math.round(eye.height * scale)];
    if (this.surface.width !== width) this.surface.width = width;
    if (this.surface.height !== height) this.surface.height = height;
    const context = this.surface.getContext("2d");
    if (!context) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    paint(context, this.scene, eye, this.live, this.colors);
  }
}

/** The topmost shape under a point of the window. */
function hit(scene: Scene, area: HTMLElement, eye: Eye, event: MouseEvent): Shape | undefined {
  const corner = area.getBoundingClientRect();
  const x = (event.clientX - corner.left - eye.x) / eye.zoom;
  const y = (event.clientY - corner.top - eye.y) / eye.zoom;
  const isUnder = (shape: Shape) =>
    x >= shape.x && x <= shape.x + shape.width && y >= shape.y && y <= shape.y + shape.height;
  return scene.shapes.findLast((shape) => shape.kind !== "group" && !isGhostNode(shape.id) && isUnder(shape));
}

/** Takes the pointer before React Flow does when it is on a shape; the empty canvas stays React Flow's. */
function hearHand(area: HTMLElement, screen: Screen, scene: Scene, live: Live, doc: Y.Doc | null, flow: Flow) {
  const overview = (event: Event) =>
    event.target instanceof Element && event.target.closest(".react-flow__pane, .overview");
  let start: Position | null = null;
  const down = (event: PointerEvent) => {
    const found = event.button === 0 && overview(event) ? hit(scene, area, screen.eye(), event) : undefined;
    if (!found) return;
    event.stopPropagation();
    start = { x: event.clientX, y: event.clientY };
    const chosen = useSelection.getState().nodes;
    // The selection is shown at once; React hears of it when the hand lets go.
    live.selected = event.shiftKey
      ? new Set([...chosen, found.id])
      : chosen.has(found.id)
        ? chosen
        : new Set([found.id]);
    addEventListener("pointermove", move);
    addEventListener("pointerup", up, { once: true });
    screen.soon();
  };
  // d3 hears mouse events, not pointer events.
  const mouse = (event: MouseEvent) => {
    if (overview(event) && hit(scene, area, screen.eye(), event)) event.stopPropagation();
  };
  const move = (event: PointerEvent) => {
    if (!start || !doc) return;
    const { zoom } = screen.eye();
    live.drag = { x: (event.clientX - start.x) / zoom, y: (event.clientY - start.y) / zoom };
    screen.soon();
    companyNow()?.drag(new Map(movedBy(flow, live.selected, live.drag)));
  };
  const up = () => {
    removeEventListener("pointermove", move);
    start = null;
    if (live.drag && doc) drop(doc, flow, live.selected, live.drag);
    live.drag = null;
    companyNow()?.drag(null);
    select(live.selected);
  };
  area.addEventListener("pointerdown", down, true);
  area.addEventListener("mousedown", mouse, true);
  return () => {
    area.removeEventListener("pointerdown", down, true);
    area.removeEventListener("mousedown", mouse, true);
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", up);
  };
}

/** Where what is selected comes to stand. */
function movedBy(flow: Flow, selected: ReadonlySet<string>, by: Position) {
  const moved = flow.nodes.filter((node) => selected.has(node.id) && !selected.has(node.parentId ?? ""));
  return moved.map(({ id, position }) => [id, { x: position.x + by.x, y: position.y + by.y }] as const);
}

function drop(doc: Y.Doc, flow: Flow, selected: ReadonlySet<string>, by: Position) {
  const moved = movedBy(flow, selected, by);
  const steps = moved.filter(([id]) => isStepId(id));
  const notes = moved.flatMap(([id, at]) => (noteKeyOf(id) === null ? [] : [[noteKeyOf(id) ?? "", at] as const]));
  if (steps.length > 0) moveNodes(doc, Object.fromEntries(steps));
  if (notes.length > 0) moveNotes(doc, Object.fromEntries(notes));
}
