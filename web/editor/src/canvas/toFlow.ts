/** A document as React Flow draws it. A node that did not change is the very same object as before. */
import { Position as Side, type NodeHandle } from "@xyflow/react";
import type { Group, NodeId, Note, Port, Position, WorkflowNode } from "../api/types";
import type { Specs } from "../document/load";
import type { Keyed, Shown } from "../document/view";
import { groupFlowId, noteFlowId, type FlowEdge, type FlowNode, type GroupNode, type NoteNode } from "./flowTypes";
import { inputPorts, outputPorts } from "./ports";
import type { Density } from "./settings";
import { headHeight, LOOP_HEAD, LOOP_MIN, LOOP_PAD, nodeSize, portOffset, type Size } from "./size";

export interface Flow {
  nodes: FlowNode[];
  edges: FlowEdge[];
}

export interface Look {
  specs: Specs;
  density: Density;
  /** Positions of nodes that have none in the document. */
  placed: ReadonlyMap<NodeId, Position>;
}

/** A node with all that its drawing follows from. */
interface Part {
  key: NodeId;
  node: WorkflowNode;
  parent: NodeId | null;
  position: Position;
  ins: Port[];
  outs: Port[];
  loop: boolean;
  /** A loop in which nothing lies yet. */
  empty: boolean;
  size: Size;
}

export class ToFlow {
  private readonly drawn = new Map<NodeId, { made: FlowNode; node: WorkflowNode; look: string }>();
  private readonly wires = new Map<string, { made: FlowEdge; edge: unknown; type: string }>();
  private lastEdges: FlowEdge[] = [];

  flow(shown: Shown, look: Look): Flow {
    const parts = partsOf(shown.nodes, look);
    const notes = (shown.workflow.graph.notes ?? []).map(drawNote);
    const groups = (shown.workflow.graph.groups ?? []).flatMap((group) => drawGroup(group, parts));
    const steps = outsideIn(parts).map((part) => this.draw(part, look));
    const edges = this.edges(shown, parts);
    // React Flow looks at every edge whenever the list is another one.
    if (!isSameList(edges, this.lastEdges)) this.lastEdges = edges;
    return { nodes: [...groups, ...notes, ...steps], edges: this.lastEdges };
  }

  private draw(part: Part, look: Look): FlowNode {
    const { key, node, position, size, parent } = part;
    const words = `${position.x} ${position.y} ${size.width} ${size.height} ${parent} ${look.density} ${part.empty} ${look.specs.has(node.type)}`;
    const found = this.drawn.get(key);
    if (found?.node === node && found.look === words) return found.made;
    const made = drawStep(part, look);
    this.drawn.set(key, { made, node, look: words });
    return made;
  }

  private edges(shown: Shown, parts: ReadonlyMap<NodeId, Part>): FlowEdge[] {
    return shown.edges.flatMap(({ key, value: edge }) => {
      const source = parts.get(edge.source);
      if (!source || !parts.has(edge.target)) return [];
      const port = edge.sourcePort ?? "out";
      const type = source.outs.find(({ name }) => name === port)?.type ?? "any";
      const found = this.wires.get(key);
      if (found?.edge === edge && found.type === type) return [found.made];
      const made: FlowEdge = {
        id: key,
        type: "wire",
        source: edge.source,
        target: edge.target,
        sourceHandle: port,
        targetHandle: edge.targetPort ?? "in",
        data: { edge, type },
      };
      this.wires.set(key, { made, edge, type });
      return [made];
    });
  }
}

const isSameList = (a: readonly unknown[], b: readonly unknown[]) =>
  a.length === b.length && a.every((item, at) => item === b[at]);

/** Whether a node holds others: a loop, or a node of an unknown type in which some lie. */
export function partsOf(nodes: readonly Keyed<WorkflowNode>[], look: Look): Map<NodeId, Part> {
  const known = new Set(nodes.map(({ key }) => key));
  const holders = new Set(nodes.map(({ value }) => value.parent));
  const parts = new Map<NodeId, Part>();
  nodes.forEach(({ key, value: node }, at) => {
    const spec = look.specs.get(node.type);
    const ins = inputPorts(spec);
    const outs = outputPorts(node, spec);
    const loop = spec?.role === "loop" || holders.has(key);
    const params = Object.keys(node.params ?? {}).length;
    parts.set(key, {
      key,
      node,
      parent: node.parent !== undefined && known.has(node.parent) ? node.parent : null,
      position: node.position ?? look.placed.get(key) ?? { x: at * 260, y: 0 },
      ins,
      outs,
      loop,
      empty: loop && !holders.has(key),
      size: nodeSize(look.density, Math.max(ins.length, outs.length), params),
    });
  });
  breakCircles(parts);
  for (const part of insideOut(parts)) if (part.loop) part.size = loopSize(part, parts);
  return parts;
}

/** Two people can put two loops into each other; each then stands on its own until somebody decides. */
function breakCircles(parts: ReadonlyMap<NodeId, Part>) {
  for (const part of parts.values()) {
    const above = new Set([part.key]);
    for (let up = part.parent; up !== null; up = parts.get(up)?.parent ?? null) {
      if (above.has(up)) {
        part.parent = null;
        break;
      }
      above.add(up);
    }
  }
}

function depthOf(part: Part, parts: ReadonlyMap<NodeId, Part>): number {
  let depth = 0;
  for (let up = part.parent; up !== null; up = parts.get(up)?.parent ?? null) depth++;
  return depth;
}

/** Holders before what they hold: React Flow asks for that order. */
function outsideIn(parts: ReadonlyMap<NodeId, Part>): Part[] {
  const list = [...parts.values()];
  if (list.every((part) => part.parent === null)) return list;
  const depth = new Map(list.map((part) => [part, depthOf(part, parts)]));
  return list.sort((a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0));
}

const insideOut = (parts: ReadonlyMap<NodeId, Part>) => outsideIn(parts).reverse();

/** Large enough for what lies in it, and as large as a person drew it. */
function loopSize(loop: Part, parts: ReadonlyMap<NodeId, Part>): Size {
  const drawn = loop.node["size"] as Partial<Size> | undefined;
  let width = Math.max(LOOP_MIN.width, drawn?.width ?? 0);
  let height = Math.max(LOOP_MIN.height, drawn?.height ?? 0);
  for (const part of parts.values()) {
    if (part.parent !== loop.key) continue;
    width = Math.max(width, part.position.x + part.size.width + LOOP_PAD);
    height = Math.max(height, part.position.y + part.size.height + LOOP_PAD);
  }
  return { width, height };
}

function drawStep(part: Part, look: Look): FlowNode {
  const { key, node, ins, outs, loop, size, position, parent } = part;
  const spec = look.specs.get(node.type);
  const head = loop ? LOOP_HEAD : headHeight(look.density, Math.max(ins.length, outs.length));
  return {
    id: key,
    type: loop ? "loop" : "step",
    position,
    ...size,
    measured: size,
    ...(parent !== null && { parentId: parent }),
    handles: [...handles(ins, "target", size.width, head), ...handles(outs, "source", size.width, head)],
    data: { node, spec, ins, outs, empty: part.empty, density: look.density },
    ...(loop && { dragHandle: ".loop-head" }),
    ariaLabel: `${node.name ?? spec?.title ?? node.type}, ${spec?.title ?? node.type}${node.disabled ? ", disabled" : ""}`,
  };
}

function handles(ports: readonly Port[], type: "source" | "target", width: number, head: number): NodeHandle[] {
  return ports.map((port, at) => ({
    id: port.name,
    type,
    position: type === "source" ? Side.Right : Side.Left,
    x: type === "source" ? width : 0,
    y: portOffset(at, ports.length, head),
    width: 1,
    height: 1,
  }));
}

function drawNote(note: Note): NoteNode {
  const size = { width: note.width, height: note.height };
  return {
    id: noteFlowId(note.id),
    type: "note",
    position: { x: note.x, y: note.y },
    ...size,
    measured: size,
    zIndex: -1,
    connectable: false,
    data: { key: note.id, note },
    ariaLabel: `Note: ${note.text.slice(0, 80)}`,
  };
}

const GROUP_PAD = 24;
const GROUP_HEAD = 28;

/** A frame around the group's nodes that stand on the canvas itself. */
function drawGroup(group: Group, parts: ReadonlyMap<NodeId, Part>): GroupNode[] {
  const members = group.nodes.flatMap((id) => parts.get(id) ?? []).filter((part) => part.parent === null);
  if (members.length === 0) return [];
  const left = Math.min(...members.map(({ position }) => position.x)) - GROUP_PAD;
  const top = Math.min(...members.map(({ position }) => position.y)) - GROUP_PAD - GROUP_HEAD;
  const right = Math.max(...members.map(({ position, size }) => position.x + size.width)) + GROUP_PAD;
  const bottom = Math.max(...members.map(({ position, size }) => position.y + size.height)) + GROUP_PAD;
  const size = { width: right - left, height: bottom - top };
  return [
    {
      id: groupFlowId(group.id),
      type: "frame",
      position: { x: left, y: top },
      ...size,
      measured: size,
      zIndex: -2,
      connectable: false,
      dragHandle: ".group-head",
      data: { key: group.id, group },
      ariaLabel: `Group: ${group.title}`,
    },
  ];
}
