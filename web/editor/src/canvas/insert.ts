/** Puts a picked node type on the canvas, joined to what the palette was opened for. */
import type * as Y from "yjs";
import type { NodeId, NodeSpec, Position } from "../api/types";
import { edit } from "../document/edit";
import { addNode, moveNodes, type Joined } from "../document/edits";
import type { Specs } from "../document/load";
import { viewOf } from "../document/view";
import { loopAt, within, type StepBox } from "./boxes";
import type { PaletteAsk } from "./paletteStore";
import { freePlace, rightOf } from "./place";
import { fits, inputPorts, outputPorts } from "./ports";
import type { Density } from "./settings";
import { GRID, LOOP_MIN, nodeSize, type Size } from "./size";

interface InsertInto {
  doc: Y.Doc;
  specs: Specs;
  density: Density;
  boxes: readonly StepBox[];
  /** The one selected node, when there is one. */
  beside: NodeId | null;
  /** The middle of what is seen. */
  middle: Position;
}

export function insert(spec: NodeSpec, ask: PaletteAsk, into: InsertInto): NodeId {
  const size = sizeOf(spec, into.density);
  if (ask.edge !== undefined) return insertOn(ask.edge, spec, size, into);
  const beside = ask.at === null && !ask.wire ? into.boxes.find((box) => box.id === into.beside) : undefined;
  const wanted = beside ? rightOf(beside) : placeFor(ask, size, into.middle);
  const holder = beside ? (into.boxes.find((box) => box.id === beside.parent) ?? null) : holderFor(ask, wanted, into);
  const siblings = into.boxes.filter((box) => box.parent === (holder?.id ?? null));
  const at = freePlace(wanted, size, siblings);
  const joined = ask.wire ? joinWire(spec, ask.wire) : beside ? joinAfter(spec, beside, into) : {};
  return addNode(into.doc, fresh(spec, within(at, holder), holder), into.specs, joined);
}

function sizeOf(spec: NodeSpec, density: Density): Size {
  if (spec.role === "loop") return LOOP_MIN;
  return nodeSize(density, Math.max(spec.inputs.length, spec.outputs.length), 0);
}

const fresh = (spec: NodeSpec, position: Position, holder: StepBox | null) => ({
  type: spec.type,
  position,
  ...(holder && { parent: holder.id }),
});

/** The pointer is at the port that the wire enters, or at the middle of the node. */
function placeFor({ at, wire }: PaletteAsk, size: Size, middle: Position): Position {
  const point = at ?? middle;
  const left = wire?.side === "output" ? 0 : wire?.side === "input" ? size.width : size.width / 2;
  return { x: point.x - left, y: point.y - size.height / 2 };
}

/** A node that a wire leads to stays in the loop of the other end: no edge crosses a loop's border. */
function holderFor({ wire }: PaletteAsk, at: Position, { boxes }: InsertInto): StepBox | null {
  if (!wire) return loopAt(boxes, at);
  const end = boxes.find((box) => box.id === wire.node);
  return boxes.find((box) => box.id === end?.parent) ?? null;
}

function joinWire(spec: NodeSpec, { node, port, type, side }: NonNullable<PaletteAsk["wire"]>): Joined {
  if (side === "output") {
    const to = spec.inputs.find((input) => fits(type, input.type));
    return to ? { from: { node, port, to: to.name } } : {};
  }
  const from = spec.outputs.find((output) => fits(output.type, type));
  return from ? { to: { node, port, from: from.name } } : {};
}

/** After the selected node: from its first output that leads nowhere yet, else its first. */
function joinAfter(spec: NodeSpec, beside: StepBox, { doc, specs }: InsertInto): Joined {
  const node = viewOf(doc).node(beside.id);
  const [to] = spec.inputs;
  if (!node || !to) return {};
  const outputs = outputPorts(node, specs.get(node.type));
  const used = new Set(
    viewOf(doc)
      .get()
      .edges.flatMap(({ value }) => (value.source === beside.id ? [value.sourcePort ?? "out"] : [])),
  );
  const port = outputs.find(({ name }) => !used.has(name)) ?? outputs[0];
  return port ? { from: { node: beside.id, port: port.name, to: to.name } } : {};
}

/** Between the ends of an edge; when there is no room, all that follows moves on, in the same step. */
function insertOn(key: string, spec: NodeSpec, size: Size, into: InsertInto): NodeId {
  const { doc, specs, boxes } = into;
  const edge = viewOf(doc)
    .get()
    .edges.find((entry) => entry.key === key)?.value;
  const source = boxes.find((box) => box.id === edge?.source);
  const target = boxes.find((box) => box.id === edge?.target);
  const entered = spec.inputs[0]?.name ?? "in";
  const left = spec.outputs[0]?.name ?? "out";
  const joined: Joined = { into: { edge: key, from: left, to: entered } };
  if (!source || !target) return addNode(doc, fresh(spec, into.middle, null), specs, joined);
  const holder = boxes.find((box) => box.id === source.parent) ?? null;
  const from = source.x + source.width;
  const missing = size.width + 2 * GRID * 5 - (target.x - from);
  const x = missing > 0 ? from + GRID * 5 : (from + target.x - size.width) / 2;
  const y = (source.y + source.height / 2 + target.y + target.height / 2 - size.height) / 2;
  return edit(doc, `Add ${spec.title}`, () => {
    if (missing > 0) pushOn(target.id, Math.ceil(missing / GRID) * GRID, into);
    return addNode(doc, fresh(spec, within({ x, y }, holder), holder), specs, joined);
  });
}

/** Moves a node and all that follows it to the right. What lies in a loop goes with the loop. */
function pushOn(first: NodeId, by: number, { doc, boxes }: InsertInto) {
  const { edges } = viewOf(doc).get();
  const reached = new Set([first]);
  for (const id of reached) for (const { value } of edges) if (value.source === id) reached.add(value.target);
  const level = boxes.find((box) => box.id === first)?.parent;
  const moved = boxes.filter((box) => reached.has(box.id) && box.parent === level);
  const holders = new Map(boxes.map((box) => [box.id, box]));
  moveNodes(
    doc,
    Object.fromEntries(
      moved.map((box) => {
        const at = within(box, holders.get(box.parent ?? "") ?? null);
        return [box.id, { x: at.x + by, y: at.y }];
      }),
    ),
  );
}

/** Whether two ports may be joined at all, by their types. */
export function canJoin(
  doc: Y.Doc,
  specs: Specs,
  source: NodeId,
  sourcePort: string,
  target: NodeId,
  targetPort: string,
) {
  const [from, to] = [viewOf(doc).node(source), viewOf(doc).node(target)];
  if (!from || !to || source === target || (from.parent ?? null) !== (to.parent ?? null)) return false;
  const out = outputPorts(from, specs.get(from.type)).find((port) => port.name === sourcePort);
  const into = inputPorts(specs.get(to.type)).find((port) => port.name === targetPort);
  return !out || !into || fits(out.type, into.type);
}
