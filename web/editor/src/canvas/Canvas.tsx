/** The graph of a workflow, drawn and edited. */
import {
  Background,
  BackgroundVariant,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Connection,
  type FinalConnectionState,
} from "@xyflow/react";
import { Suspense, useCallback, useEffect, useMemo, useState } from "react";
import type * as Y from "yjs";
import type { NodeSpec, Position } from "../api/types";
import { openChat } from "../ai/panelStore";
import { useKeys, type Handlers } from "../app/keys";
import { CompanyLayer } from "../app/slots";
import { usePeople } from "../collab/people";
import { connect, reconnect } from "../document/edits";
import type { Specs } from "../document/load";
import { useShown } from "../document/useDocument";
import { viewOf } from "../document/view";
import { CanvasActions } from "./actions";
import { CanvasDoc } from "./canvasDoc";
import type { FlowEdge, FlowNode } from "./flowTypes";
import { wireOf } from "./fromFlow";
import { isGhostNode, useGhosted } from "./ghosts";
import { GroupNode } from "./GroupNode";
import { canJoin } from "./insert";
import { LoopNode } from "./LoopNode";
import { Menu, menuHandlers } from "./Menu";
import { MiniMap } from "./MiniMap";
import { NoteNode } from "./NoteNode";
import { leaveScreen, onScreen } from "./onScreen";
import { Overview } from "./Overview";
import { Palette } from "./Palette";
import { closePalette, openPalette } from "./paletteStore";
import { outputPorts, inputPorts } from "./ports";
import { startRenaming } from "./renaming";
import { selectNothing, useSelection } from "./selection";
import { useSettings } from "./settings";
import { GRID, ZOOM_MIN } from "./size";
import { SnapLines } from "./SnapLines";
import { StepNode } from "./StepNode";
import { ToFlow, type Flow } from "./toFlow";
import { Toolbar } from "./Toolbar";
import { useClipboard } from "./useClipboard";
import { useCommands, type Commands, type Editing } from "./useCommands";
import { useFirstFit } from "./useFirstFit";
import { useHand } from "./useHand";
import { useKeepMiddle } from "./useKeepMiddle";
import { useOverview } from "./useOverview";
import { usePlaced } from "./usePlaced";
import { Wire } from "./Wire";

const NODE_TYPES = { step: StepNode, loop: LoopNode, note: NoteNode, frame: GroupNode };
const EDGE_TYPES = { wire: Wire };
const FIT = { maxZoom: 1, minZoom: ZOOM_MIN, padding: 0.15 };

interface CanvasProps {
  doc: Y.Doc;
  specs: Specs;
  /** A canvas that shows a run cannot be edited. */
  editable?: boolean;
}

export function Canvas({ doc, specs, editable = true }: CanvasProps) {
  useEffect(() => selectNothing, [doc]);
  return (
    <ReactFlowProvider>
      <CanvasDoc value={editable ? doc : null}>
        <Graph doc={doc} specs={specs} editable={editable} />
      </CanvasDoc>
    </ReactFlowProvider>
  );
}

function Graph({ doc, specs, editable }: Required<CanvasProps>) {
  const shown = useGhosted(useShown(doc));
  const density = useSettings((settings) => settings.density);
  const look = useMemo(() => ({ specs, density }), [specs, density]);
  const placed = usePlaced(shown, look);
  const [toFlow] = useState(() => new ToFlow());
  const flow = useMemo(() => (placed ? toFlow.flow(shown, { ...look, placed }) : null), [toFlow, shown, look, placed]);
  const commands = useCommands(doc, specs, editable);
  useCanvasKeys(commands);
  useOnScreen(doc, specs, flow, commands);
  useClipboard(commands.edit);
  const all = useMemo(() => [...specs.values()], [specs]);
  const isIdle = useSelection(({ nodes, edges }) => nodes.size + edges.size === 0);
  const ask = useMemo(
    () => commands.edit && { insertOn: commands.edit.insertOn, insertInto: commands.edit.insertInto },
    [commands],
  );
  if (!flow) return <div className="h-full" aria-busy="true" />;
  return (
    <CanvasActions value={ask}>
      <div
        className="canvas"
        data-keys="canvas"
        data-idle={isIdle || undefined}
        data-pane="canvas"
        onPointerMove={(event) => pointAt({ x: event.clientX, y: event.clientY })}
        onPointerLeave={() => pointAt(null)}
      >
        <Drawn doc={doc} specs={specs} editable={editable} flow={flow} />
        <Toolbar doc={doc} editable={editable} />
        {commands.edit && <Palette all={all} onPick={commands.edit.pick} />}
        {commands.edit && <Menu edit={commands.edit} />}
        {editable && shown.nodes.length === 0 && <Empty all={all} />}
      </div>
    </CanvasActions>
  );
}

interface DrawnProps extends Required<CanvasProps> {
  flow: { nodes: FlowNode[]; edges: FlowEdge[] };
}

function Drawn({ doc, specs, editable, flow }: DrawnProps) {
  const selection = useSelection();
  const { hand, onNodesChange, onEdgesChange, onDragStart, onDragStop } = useHand(doc);
  const onSelectionDragStop = useCallback(
    (event: unknown, moved: FlowNode[]) => onDragStop(event, null, moved),
    [onDragStop],
  );
  const others = usePeople((people) => people.dragged);
  // What this hand holds stays in it, whoever else pulls.
  const dragged = useMemo(
    () => (others.size > 0 && editable ? new Map([...others, ...hand.dragged]) : hand.dragged),
    [others, hand.dragged, editable],
  );
  const nodes = useMemo(
    () => flow.nodes.map((node) => inHand(node, selection.nodes, dragged)),
    [flow.nodes, selection.nodes, dragged],
  );
  const edges = useMemo(
    () => flow.edges.map((edge) => (selection.edges.has(edge.id) ? { ...edge, selected: true } : edge)),
    [flow.edges, selection.edges],
  );
  const minimap = useSettings((settings) => settings.minimap);
  const { fitView, isInSight, onInit } = useFirstFit(flow.nodes);
  const overview = useOverview(flow.nodes.length) || !isInSight;
  const wires = useWires(doc, specs);
  useKeepMiddle();
  return (
    <ReactFlow<FlowNode, FlowEdge>
      nodes={overview ? NO_NODES : nodes}
      edges={overview ? NO_EDGES : edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      onNodeDragStart={onDragStart}
      onNodeDragStop={onDragStop}
      onSelectionDragStop={onSelectionDragStop}
      {...(editable && { onNodeDoubleClick: renameNode })}
      onPaneClick={closePalette}
      {...wires}
      {...(editable && menuHandlers)}
      nodesDraggable={editable}
      nodesConnectable={editable}
      edgesReconnectable={editable}
      onlyRenderVisibleElements
      disableKeyboardA11y
      deleteKeyCode={null}
      multiSelectionKeyCode={["Shift", "Meta", "Control"]}
      selectionKeyCode="Shift"
      panOnScroll={false}
      snapGrid={[GRID, GRID]}
      snapToGrid
      elevateNodesOnSelect={false}
      minZoom={ZOOM_MIN}
      maxZoom={2}
      fitView={fitView}
      onInit={onInit}
      fitViewOptions={FIT}
      proOptions={{ hideAttribution: true }}
      aria-label="Workflow canvas"
    >
      <Background variant={BackgroundVariant.Dots} gap={GRID * 3} size={1} color="var(--dot)" />
      {overview && <Overview flow={flow} selected={selection.nodes} doc={editable ? doc : null} />}
      <SnapLines lines={hand.lines} />
      {minimap && <MiniMap nodes={flow.nodes} />}
      <Suspense>
        <CompanyLayer />
      </Suspense>
    </ReactFlow>
  );
}

const renameNode = (_: unknown, node: FlowNode) => startRenaming(node.id);
const NO_NODES: FlowNode[] = [];
const NO_EDGES: FlowEdge[] = [];

/** A ghost is no node yet. */
const ONLY_SEEN = { draggable: false, selectable: false, connectable: false, focusable: false };

function inHand(node: FlowNode, selected: ReadonlySet<string>, dragged: ReadonlyMap<string, Position>): FlowNode {
  if (isGhostNode(node.id)) return { ...node, ...ONLY_SEEN } as FlowNode;
  const position = dragged.get(node.id);
  if (!selected.has(node.id) && !position) return node;
  return { ...node, selected: selected.has(node.id), ...(position && { position, dragging: true }) } as FlowNode;
}

/** Drawing wires: to a port, off a port, and into the empty, where the palette opens. */
function useWires(doc: Y.Doc, specs: Specs) {
  const { screenToFlowPosition } = useReactFlow();
  // React Flow looks at all that it draws whenever one of these is another function.
  return useMemo(
    () => ({
      isValidConnection: (link: Connection | FlowEdge) =>
        canJoin(doc, specs, link.source, link.sourceHandle ?? "out", link.target, link.targetHandle ?? "in"),
      onConnect: (connection: Connection) => {
        const wire = wireOf(connection);
        if (wire) connect(doc, wire);
      },
      onReconnect: (edge: FlowEdge, connection: Connection) => {
        const wire = wireOf(connection);
        if (wire) reconnect(doc, edge.id, wire);
      },
      onConnectEnd: (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
        const { fromNode, fromHandle, toNode, toHandle } = state;
        if (!fromNode || !fromHandle || toNode || toHandle) return;
        const point = "changedTouches" in event ? event.changedTouches[0] : event;
        if (!point) return;
        const screen = { x: point.clientX, y: point.clientY };
        const side = fromHandle.type === "source" ? "output" : "input";
        const port = fromHandle.id ?? (side === "output" ? "out" : "in");
        const type = portType(fromNode as unknown as FlowNode, port, side);
        openPalette({ screen, at: screenToFlowPosition(screen), wire: { node: fromNode.id, port, type, side } });
      },
    }),
    [doc, specs, screenToFlowPosition],
  );
}

function portType(node: FlowNode, port: string, side: "output" | "input"): string {
  if (node.type !== "step" && node.type !== "loop") return "any";
  const ports = side === "output" ? outputPorts(node.data.node, node.data.spec) : inputPorts(node.data.spec);
  return ports.find(({ name }) => name === port)?.type ?? "any";
}

const pointAt = (pointer: Position | null) => Object.assign(onScreen, { pointer });

function useOnScreen(doc: Y.Doc, specs: Specs, flow: Flow | null, { look: { reveal, bring, bringAll } }: Commands) {
  useEffect(() => {
    if (flow) Object.assign(onScreen, flow);
  }, [flow]);
  useEffect(() => {
    const named = () =>
      viewOf(doc)
        .get()
        .nodes.map(({ key, value }) => {
          const spec = specs.get(value.type);
          return { id: key, title: value.name ?? spec?.title ?? value.type, icon: spec?.icon };
        });
    Object.assign(onScreen, { show: reveal, bring, bringAll, named });
  }, [reveal, bring, bringAll, doc, specs]);
  useEffect(() => leaveScreen, []);
}

function useCanvasKeys({ look, edit }: Commands) {
  // Only what there is a key for; the rest is asked for by hand.
  const { reveal: _, bring: __, bringAll: ___, ...looks } = look;
  useKeys({ ...looks, ...(edit && keyed(edit)) });
}

function keyed(edit: Editing): Handlers {
  const { clip: _, pasteText: __, pick: ___, insertOn: ____, insertInto: _____, ...rest } = edit;
  return rest;
}

function Empty({ all }: { all: NodeSpec[] }) {
  const trigger = all.find((spec) => spec.type === "trigger.manual");
  return (
    <div className="canvas-empty">
      <p className="text-base font-semibold">An empty workflow</p>
      <p className="text-ink-soft">
        Begin with what starts it. Then drag from a port, or press Tab, to add what follows.
      </p>
      {trigger && (
        <button
          type="button"
          className="button primary"
          onClick={(event) => openPalette({ screen: { x: event.clientX, y: event.clientY }, at: null })}
        >
          Add the first node
        </button>
      )}
      <button type="button" className="button" onClick={openChat}>
        Or say what it should do
      </button>
    </div>
  );
}
