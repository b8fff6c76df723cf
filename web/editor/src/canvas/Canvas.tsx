/** The graph of a workflow, drawn and edited. */
import {
  Background,
  BackgroundVariant,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type EdgeChange,
  type NodeChange,
} from "@xyflow/react";
import { useCallback, useMemo, useState } from "react";
import type * as Y from "yjs";
import { connect, moveNodes, moveNotes } from "../document/edits";
import type { Specs } from "../document/load";
import { useShown } from "../document/useDocument";
import { CanvasDoc } from "./canvasDoc";
import type { FlowEdge, FlowNode } from "./flowTypes";
import { movesOf, wireOf } from "./fromFlow";
import { GroupNode } from "./GroupNode";
import { LoopNode } from "./LoopNode";
import { NoteNode } from "./NoteNode";
import { select, useSelection } from "./selection";
import { useSettings } from "./settings";
import { GRID } from "./size";
import { StepNode } from "./StepNode";
import { ToFlow } from "./toFlow";
import { Wire } from "./Wire";

const NODE_TYPES = { step: StepNode, loop: LoopNode, note: NoteNode, group: GroupNode };
const EDGE_TYPES = { wire: Wire };

export function Canvas(props: { doc: Y.Doc; specs: Specs }) {
  return (
    <ReactFlowProvider>
      <CanvasDoc value={props.doc}>
        <Graph {...props} />
      </CanvasDoc>
    </ReactFlowProvider>
  );
}

function Graph({ doc, specs }: { doc: Y.Doc; specs: Specs }) {
  const shown = useShown(doc);
  const density = useSettings((settings) => settings.density);
  const selection = useSelection();
  const [toFlow] = useState(() => new ToFlow());
  const [dragged, setDragged] = useState<ReadonlyMap<string, { x: number; y: number }>>(new Map());
  const placed = useMemo(() => new Map(), []);
  const flow = useMemo(() => toFlow.flow(shown, { specs, density, placed }), [toFlow, shown, specs, density, placed]);
  const nodes = useMemo(
    () => flow.nodes.map((node) => withHand(node, selection.nodes, dragged)),
    [flow, selection.nodes, dragged],
  );
  const edges = useMemo(
    () => flow.edges.map((edge) => (selection.edges.has(edge.id) ? { ...edge, selected: true } : edge)),
    [flow, selection.edges],
  );
  const { getNodes } = useReactFlow<FlowNode, FlowEdge>();
  const onNodesChange = useCallback((changes: NodeChange<FlowNode>[]) => {
    const positions = changes.flatMap((c) =>
      c.type === "position" && c.position ? [[c.id, c.position] as const] : [],
    );
    if (positions.length > 0) setDragged((before) => new Map([...before, ...positions]));
    const chosen = new Set(useSelection.getState().nodes);
    const turns = changes.filter((c) => c.type === "select");
    for (const turn of turns) chosen[turn.selected ? "add" : "delete"](turn.id);
    if (turns.length > 0) select(chosen, useSelection.getState().edges);
  }, []);
  const onEdgesChange = useCallback((changes: EdgeChange<FlowEdge>[]) => {
    const chosen = new Set(useSelection.getState().edges);
    const turns = changes.filter((c) => c.type === "select");
    for (const turn of turns) chosen[turn.selected ? "add" : "delete"](turn.id);
    if (turns.length > 0) select(useSelection.getState().nodes, chosen);
  }, []);
  const drop = useCallback(
    (_: unknown, __: unknown, moved: FlowNode[]) => {
      const moves = movesOf(moved, getNodes());
      if (Object.keys(moves.nodes).length > 0) moveNodes(doc, moves.nodes, moves.parents);
      if (Object.keys(moves.notes).length > 0) moveNotes(doc, moves.notes);
      setDragged(new Map());
    },
    [doc, getNodes],
  );
  return (
    <ReactFlow<FlowNode, FlowEdge>
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      onNodeDragStop={drop}
      onConnect={(connection) => {
        const wire = wireOf(connection);
        if (wire) connect(doc, wire);
      }}
      onlyRenderVisibleElements
      deleteKeyCode={null}
      snapGrid={[GRID, GRID]}
      snapToGrid
      minZoom={0.05}
      maxZoom={2}
      fitView
      fitViewOptions={{ maxZoom: 1, padding: 0.15 }}
      proOptions={{ hideAttribution: true }}
    >
      <Background variant={BackgroundVariant.Dots} gap={GRID * 3} size={1} color="var(--line-strong)" />
    </ReactFlow>
  );
}

function withHand(
  node: FlowNode,
  selected: ReadonlySet<string>,
  dragged: ReadonlyMap<string, { x: number; y: number }>,
): FlowNode {
  const position = dragged.get(node.id);
  if (!selected.has(node.id) && !position) return node;
  return { ...node, selected: selected.has(node.id), ...(position && { position, dragging: true }) } as FlowNode;
}
