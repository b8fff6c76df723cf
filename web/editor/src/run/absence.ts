/** Why a node has no frame at the moment, or one that was passed over: what a person who selects it wants to know. */
import type { NodeId, Seq, Status, Workflow } from "../api/types";
import { type FrameIndex, type FrameTable, isFailure, isOpen } from "./frameTable";

export interface Absence {
  text: string;
  /** The frame that says more. */
  show?: { label: string; frame: FrameIndex };
}

export interface Asked {
  table: FrameTable;
  workflow: Workflow | null;
  node: NodeId;
  nameOf: (node: NodeId) => string;
}

/** Why the node had no frame at `seq`. */
export function absenceOf({ table, workflow, node, nameOf }: Asked, seq: Seq): Absence {
  const name = nameOf(node);
  const later = firstOf(table, node);
  if (later >= 0 && (table.opened[later] as Seq) > seq) {
    return { text: `${name} had not run yet at this moment.`, show: { label: "Go to its first frame", frame: later } };
  }
  const failure = endOf(table);
  if (failure >= 0) {
    const words = { FAILED: "failed", INTERRUPTED: "was interrupted" }[table.status[failure] as string];
    return {
      text: `${name} did not run: the run ${words} at ${nameOf(table.node[failure] as NodeId)} before it.`,
      show: { label: "Show the failure", frame: failure },
    };
  }
  if (isOpen(table.runStatus)) return { text: `${name} has not run yet.` };
  if (table.runStatus === "CANCELLED") return { text: `${name} did not run: the run was cancelled before it.` };
  return around({ table, workflow, node, nameOf }) ?? { text: `${name} did not run: nothing led to it.` };
}

/** A node in a loop runs only as often as the loop goes round. */
function around({ table, workflow, node, nameOf }: Asked): Absence | null {
  const parent = workflow?.graph.nodes.find(({ id }) => id === node)?.parent;
  const frame = parent === undefined ? -1 : firstOf(table, parent);
  if (parent === undefined || frame < 0) return null;
  const why = table.status[frame] === "SKIPPED" ? "was skipped" : "had no rounds";
  const show = { label: `Show ${nameOf(parent)}`, frame };
  return { text: `${nameOf(node)} did not run: ${nameOf(parent)} around it ${why}.`, show };
}

/** The innermost of the failures that ended the run; -1 when none did. */
function endOf(table: FrameTable): FrameIndex {
  if (!isFailure(table.runStatus)) return -1;
  let found = lastFailed(table, -1);
  for (let inner = found; inner >= 0; inner = lastFailed(table, inner)) found = inner;
  return found;
}

function lastFailed(table: FrameTable, parent: FrameIndex): FrameIndex {
  for (let frame = table.length - 1; frame > parent; frame--) {
    if (table.parent[frame] === parent && isFailure(table.status[frame] as Status)) return frame;
  }
  return -1;
}

function firstOf(table: FrameTable, node: NodeId): FrameIndex {
  const firsts = table.places.filter((place) => place.node === node).map(({ frames }) => frames[0] as FrameIndex);
  return firsts.length > 0 ? Math.min(...firsts) : -1;
}

/** Why a frame was passed over: the node before it that decided so, however far before. */
export function skipOf({ table, workflow, nameOf }: Omit<Asked, "node">, frame: FrameIndex): Absence {
  const name = nameOf(table.node[frame] as NodeId);
  const decided = deciderOf(table, workflow, frame, new Set());
  if (!decided) return { text: `${name} was skipped: no branch led to it.` };
  const by = nameOf(table.node[decided.frame] as NodeId);
  return {
    text: `${name} was skipped because ${by} ${decided.did}.`,
    show: { label: `Show ${by}`, frame: decided.frame },
  };
}

interface Decided {
  frame: FrameIndex;
  did: string;
}

const ERROR_PORT = "error";

function deciderOf(
  table: FrameTable,
  workflow: Workflow | null,
  frame: FrameIndex,
  seen: Set<FrameIndex>,
): Decided | null {
  if (seen.has(frame)) return null;
  seen.add(frame);
  const node = table.node[frame] as NodeId;
  for (const edge of workflow?.graph.edges ?? []) {
    const source = edge.target === node ? beside(table, frame, edge.source) : -1;
    if (source < 0) continue;
    const isError = edge.sourcePort === ERROR_PORT;
    const status = table.status[source] as Status;
    if (isFailure(status)) return { frame: source, did: isError ? "led another way" : "failed" };
    if (status === "COMPLETED") return { frame: source, did: isError ? "did not fail" : "led another way" };
    const further = status === "SKIPPED" ? deciderOf(table, workflow, source, seen) : null;
    if (further) return further;
  }
  return null;
}

/** The frame of another node in the same round of the same loop; -1 when it has none. */
function beside(table: FrameTable, frame: FrameIndex, node: NodeId): FrameIndex {
  const { around } = table.placeAt(table.place[frame] as number);
  const place = table.places.find((each) => each.node === node && each.around === around);
  const isSame = (other: FrameIndex) =>
    table.parent[other] === table.parent[frame] && table.iteration[other] === table.iteration[frame];
  return place?.frames.findLast(isSame) ?? -1;
}
