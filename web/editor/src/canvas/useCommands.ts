/** What keys, menus and the toolbar do on the canvas. */
import { useReactFlow } from "@xyflow/react";
import { useMemo } from "react";
import type * as Y from "yjs";
import type { NodeSpec, Position } from "../api/types";
import { addNote, connectAll, group, moveNodes, paste, remove, setDisabled, ungroup } from "../document/edits";
import { historyOf } from "../document/history";
import type { Specs } from "../document/load";
import { copy, parseClip, type Clip } from "../document/paste";
import { viewOf } from "../document/view";
import { counted } from "../lib/words";
import { say } from "../ui/say";
import { arrange } from "./arrange";
import { loopAt, stepBoxes, within } from "./boxes";
import { absolute } from "./fromFlow";
import { groupFlowId, groupKeyOf, noteFlowId, noteKeyOf, type FlowEdge, type FlowNode } from "./flowTypes";
import { insert } from "./insert";
import { layoutJob } from "./layoutJob";
import { onScreen } from "./onScreen";
import { closePalette, openPalette, type PaletteAsk } from "./paletteStore";
import { nearestIn } from "./place";
import { inputPorts, outputPorts } from "./ports";
import { startRenaming } from "./renaming";
import { select, selectedSteps, selectNothing, soleStep, useSelection } from "./selection";
import { DENSITIES, useSettings } from "./settings";
import { GRID, ZOOM_MIN } from "./size";

/** How far a copy lands from what was copied. */
const BESIDE = { x: GRID * 4, y: GRID * 4 };
/** How long the view takes to move. None for those who asked their system for less motion. */
export const motionMs = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160);

export type Commands = ReturnType<typeof useCommands>;

export function useCommands(doc: Y.Doc, specs: Specs, editable: boolean) {
  const view = useReactFlow<FlowNode, FlowEdge>();
  return useMemo(() => {
    const flow: Flow = { ...view, nodes: () => onScreen.nodes, edges: () => onScreen.edges };
    const moves = moving(flow);
    return editable ? { ...editing(doc, specs, flow), ...moves } : { ...nothing(), ...moves };
  }, [doc, specs, view, editable]);
}

type View = ReturnType<typeof useReactFlow<FlowNode, FlowEdge>>;
type Flow = Omit<View, "getNodes" | "getEdges" | "fitView"> & {
  nodes: () => readonly FlowNode[];
  edges: () => readonly FlowEdge[];
};

function middleOf(flow: Flow): Position {
  const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (!pane) return { x: 0, y: 0 };
  return flow.screenToFlowPosition({ x: pane.left + pane.width / 2, y: pane.top + pane.height / 2 });
}

/** Selects nodes and leads the keyboard to the first. */
export function show(ids: readonly string[]) {
  select(ids);
  const [first] = ids;
  if (first === undefined) return;
  // The node may be drawn only with the next frame.
  requestAnimationFrame(() =>
    document
      .querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(first)}"]`)
      ?.focus({ preventScroll: true }),
  );
}

/** Moves the view only as far as a node needs to be seen whole. */
function reveal(flow: Flow, id: string) {
  const box = stepBoxes(flow.nodes()).find((other) => other.id === id);
  const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (!box || !pane) return;
  const at = flow.flowToScreenPosition(box);
  const end = flow.flowToScreenPosition({ x: box.x + box.width, y: box.y + box.height });
  const isSeen = at.x >= pane.left && at.y >= pane.top && end.x <= pane.right && end.y <= pane.bottom;
  if (isSeen) return;
  void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, {
    zoom: Math.max(flow.getZoom(), 0.6),
    duration: motionMs(),
  });
}

/** Shows everything, but nothing larger than it is. */
function fit(flow: Flow) {
  const boxes = [...absolute(flow.nodes()).values()].map(({ node, x, y }) => ({
    x,
    y,
    right: x + (node.width ?? 0),
    bottom: y + (node.height ?? 0),
  }));
  const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (boxes.length === 0 || !pane) return;
  const left = Math.min(...boxes.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const width = Math.max(...boxes.map(({ right }) => right)) - left;
  const height = Math.max(...boxes.map(({ bottom }) => bottom)) - top;
  const zoom = Math.max(ZOOM_MIN, Math.min(1, (pane.width * 0.88) / width, (pane.height * 0.88) / height));
  void flow.setCenter(left + width / 2, top + height / 2, { zoom, duration: motionMs() });
}

/** What only moves the view or the selection. */
function moving(flow: Flow) {
  const step = (dx: number, dy: number) => {
    const boxes = stepBoxes(flow.nodes());
    const from = boxes.find((box) => box.id === [...useSelection.getState().nodes].at(-1));
    const next = from
      ? nearestIn(from, boxes, dx, dy)
      : boxes.reduce<(typeof boxes)[number] | null>((a, b) => (a && a.x <= b.x ? a : b), null);
    if (!next) return;
    reveal(flow, next.id);
    show([next.id]);
  };
  return {
    left: () => step(-1, 0),
    right: () => step(1, 0),
    up: () => step(0, -1),
    down: () => step(0, 1),
    zoomReset: () => void flow.zoomTo(1, { duration: motionMs() }),
    fit: () => fit(flow),
    zoomIn: () => void flow.zoomIn({ duration: motionMs() }),
    zoomOut: () => void flow.zoomOut({ duration: motionMs() }),
    selectAll: () =>
      select(
        flow.nodes().map(({ id }) => id),
        flow.edges().map(({ id }) => id),
      ),
    selectNone: () => {
      closePalette();
      selectNothing();
    },
    density: () =>
      useSettings.setState(({ density }) => ({
        density: DENSITIES[(DENSITIES.indexOf(density) + 1) % DENSITIES.length] ?? "normal",
      })),
    reveal: (id: string) => {
      reveal(flow, id);
      show([id]);
    },
    edit: () =>
      document
        .querySelector<HTMLElement>(
          "[data-pane=inspector] :is(input, textarea, select, [contenteditable=true], button)",
        )
        ?.focus(),
  };
}

/** A canvas that only shows has no edits. */
function nothing() {
  const none = () => undefined;
  return {
    add: none,
    pick: none as (spec: NodeSpec, ask: PaletteAsk) => void,
    insertOn: none as (edge: string, screen: Position) => void,
    rename: none,
    disable: none,
    delete: none,
    duplicate: none,
    connect: none,
    group: none,
    ungroup: none,
    note: none,
    layout: none,
    undo: none,
    redo: none,
    moveLeft: none,
    moveRight: none,
    moveUp: none,
    moveDown: none,
    clip: (): Clip | null => null,
    pasteText: none as (text: string) => void,
  };
}

function editing(doc: Y.Doc, specs: Specs, flow: Flow) {
  const chosen = () => [...useSelection.getState().nodes];
  const chosenNotes = () => chosen().flatMap((id) => noteKeyOf(id) ?? []);
  const boxes = () => stepBoxes(flow.nodes());

  const removeChosen = () => {
    for (const id of chosen()) {
      const key = groupKeyOf(id);
      if (key !== null) ungroup(doc, key);
    }
    remove(doc, { nodes: selectedSteps(), edges: useSelection.getState().edges, notes: chosenNotes() });
    selectNothing();
  };

  const pasteClip = (clip: Clip, by: Position, parent: string | null, label?: string) => {
    const made = paste(doc, clip, { specs, by, parent, ...(label && { label }) });
    const copied = new Set(clip.nodes.map((node) => node.id));
    const topmost = made.nodes.filter((_, at) => !copied.has(clip.nodes[at]?.parent ?? ""));
    show([...topmost, ...made.notes.map(noteFlowId)]);
  };

  const nudge = (dx: number, dy: number) => {
    const ids = new Set(selectedSteps());
    const moved = flow.nodes().filter((node) => ids.has(node.id) && !ids.has(node.parentId ?? ""));
    if (moved.length === 0) return;
    moveNodes(
      doc,
      Object.fromEntries(moved.map(({ id, position: { x, y } }) => [id, { x: x + dx * GRID, y: y + dy * GRID }])),
    );
  };

  return {
    add: () => {
      const sole = soleStep(useSelection.getState());
      const node =
        sole === null
          ? null
          : document.querySelector(`.react-flow__node[data-id="${CSS.escape(sole)}"]`)?.getBoundingClientRect();
      const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
      const screen = node
        ? { x: node.right + 16, y: node.top }
        : { x: (pane?.left ?? 0) + (pane?.width ?? 0) / 2 - 168, y: (pane?.top ?? 0) + 64 };
      openPalette({ screen, at: null });
    },
    pick: (spec: NodeSpec, ask: PaletteAsk) => {
      closePalette();
      const { density } = useSettings.getState();
      const beside = soleStep(useSelection.getState());
      const id = insert(spec, ask, { doc, specs, density, boxes: boxes(), beside, middle: middleOf(flow) });
      show([id]);
      requestAnimationFrame(() => reveal(flow, id));
    },
    insertOn: (edge: string, screen: Position) => openPalette({ screen, at: null, edge }),
    rename: () => {
      const id = soleStep(useSelection.getState());
      if (id !== null) startRenaming(id);
    },
    disable: () => {
      const ids = selectedSteps();
      const allOff = ids.every((id) => viewOf(doc).node(id)?.disabled);
      if (ids.length > 0) setDisabled(doc, ids, !allOff);
    },
    delete: removeChosen,
    duplicate: () => {
      const clip = copy(doc, selectedSteps(), chosenNotes());
      if (clip.nodes.length + (clip.notes?.length ?? 0) > 0)
        pasteClip(placed(clip, flow), BESIDE, soleParent(clip), "Duplicate");
    },
    connect: () => {
      const order = boxes()
        .filter((box) => selectedSteps().includes(box.id))
        .sort((a, b) => a.x - b.x || a.y - b.y);
      const wires = order.slice(1).flatMap((to, at) => {
        const from = order[at];
        if (!from) return [];
        const [source, target] = [viewOf(doc).node(from.id), viewOf(doc).node(to.id)];
        const out = source && outputPorts(source, specs.get(source.type))[0];
        const into = target && inputPorts(specs.get(target.type))[0];
        return out && into ? [{ source: from.id, sourcePort: out.name, target: to.id, targetPort: into.name }] : [];
      });
      if (wires.length > 0) connectAll(doc, wires);
    },
    group: () => {
      const ids = selectedSteps();
      if (ids.length > 0) select([groupFlowId(group(doc, ids))]);
    },
    ungroup: () => chosen().forEach((id) => groupKeyOf(id) !== null && ungroup(doc, groupKeyOf(id) ?? "")),
    note: () => {
      const at = onScreen.pointer ? flow.screenToFlowPosition(onScreen.pointer) : middleOf(flow);
      select([noteFlowId(addNote(doc, at))]);
      requestAnimationFrame(() => document.querySelector<HTMLElement>(".note.selected textarea")?.focus());
    },
    layout: () => {
      const shown = viewOf(doc).get();
      const job = layoutJob(shown, { specs, density: useSettings.getState().density, placed: new Map() });
      void arrange(job).then((positions) => {
        moveNodes(doc, positions);
        requestAnimationFrame(() => fit(flow));
        say(`Arranged ${counted(Object.keys(positions).length, "node")}.`);
      });
    },
    undo: () => {
      const label = historyOf(doc).undo();
      say(label === null ? "Nothing to undo." : `Undone: ${label}.`);
    },
    redo: () => {
      const label = historyOf(doc).redo();
      say(label === null ? "Nothing to redo." : `Done again: ${label}.`);
    },
    moveLeft: () => nudge(-1, 0),
    moveRight: () => nudge(1, 0),
    moveUp: () => nudge(0, -1),
    moveDown: () => nudge(0, 1),
    clip: (): Clip | null => {
      const clip = copy(doc, selectedSteps(), chosenNotes());
      return clip.nodes.length + (clip.notes?.length ?? 0) > 0 ? placed(clip, flow) : null;
    },
    pasteText: (text: string) => {
      const clip = parseClip(text);
      if (!clip) return say("The clipboard holds no nodes.");
      const at = onScreen.pointer && flow.screenToFlowPosition(onScreen.pointer);
      const corner = cornerOf(clip);
      if (!at || !corner) return pasteClip(clip, BESIDE, null);
      const holder = loopAt(boxes(), at);
      const inside = within(at, holder);
      pasteClip(clip, { x: inside.x - corner.x, y: inside.y - corner.y }, holder?.id ?? null);
    },
  };
}

/** A clip in which every node says where it stands, also one that was only arranged. */
function placed(clip: Clip, flow: Flow): Clip {
  const at = new Map(flow.nodes().map((node) => [node.id, node.position]));
  return {
    ...clip,
    nodes: clip.nodes.map((node) => ({ ...node, position: node.position ?? at.get(node.id) ?? { x: 0, y: 0 } })),
  };
}

/** The loop that all topmost nodes of a clip were in. */
function soleParent(clip: Clip): string | null {
  const ids = new Set(clip.nodes.map((node) => node.id));
  const parents = new Set(clip.nodes.filter((node) => !ids.has(node.parent ?? "")).map((node) => node.parent ?? null));
  return parents.size === 1 ? ([...parents][0] ?? null) : null;
}

function cornerOf(clip: Clip): Position | null {
  const ids = new Set(clip.nodes.map((node) => node.id));
  const places = [
    ...clip.nodes.filter((node) => !ids.has(node.parent ?? "")).flatMap((node) => node.position ?? []),
    ...(clip.notes ?? []),
  ];
  if (places.length === 0) return null;
  return { x: Math.min(...places.map(({ x }) => x)), y: Math.min(...places.map(({ y }) => y)) };
}
