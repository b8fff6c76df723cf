/** What React Flow draws. Only `toFlow.ts` and `fromFlow.ts` know both these shapes and the document's. */
import type { Edge, Node } from "@xyflow/react";
import type { Group, NodeSpec, Note, Port, WorkflowEdge, WorkflowNode } from "../api/types";
import type { Density } from "./settings";

export interface StepData extends Record<string, unknown> {
  node: WorkflowNode;
  spec: NodeSpec | undefined;
  ins: Port[];
  outs: Port[];
  /** A loop in which nothing lies yet. */
  empty: boolean;
  density: Density;
}

interface NoteData extends Record<string, unknown> {
  key: string;
  note: Note;
}

export interface GroupData extends Record<string, unknown> {
  key: string;
  group: Group;
}

interface WireData extends Record<string, unknown> {
  edge: WorkflowEdge;
  /** The type of the port that it leaves. */
  type: string;
}

export type StepNode = Node<StepData, "step">;
export type LoopNode = Node<StepData, "loop">;
export type NoteNode = Node<NoteData, "note">;
export type GroupNode = Node<GroupData, "frame">;
export type FlowNode = StepNode | LoopNode | NoteNode | GroupNode;
export type FlowEdge = Edge<WireData, "wire">;

const NOTE = "note:";
const GROUP = "group:";
export const noteFlowId = (key: string) => NOTE + key;
export const groupFlowId = (key: string) => GROUP + key;
export const noteKeyOf = (flowId: string) => (flowId.startsWith(NOTE) ? flowId.slice(NOTE.length) : null);
export const groupKeyOf = (flowId: string) => (flowId.startsWith(GROUP) ? flowId.slice(GROUP.length) : null);
export const isStepId = (flowId: string) => noteKeyOf(flowId) === null && groupKeyOf(flowId) === null;
