/** Starting a run from a node: up to it, or it alone. The draft runs as it stands, saved or not. */
import type * as Y from "yjs";
import { getValues } from "../api/client";
import type { ExecutionFrame, Json, NodeId, RunId, Workflow } from "../api/types";
import { startRun } from "../api/workflows";
import { viewOf } from "../document/view";
import { isRecord } from "../lib/schema";

const draft = (doc: Y.Doc): Workflow => viewOf(doc).get().workflow;

export async function runToHere(doc: Y.Doc, until: NodeId, input: Json): Promise<RunId> {
  const workflow = draft(doc);
  return (await startRun(workflow.id, { input, until, workflow })).runId;
}

/** Runs the node on what it was given before. */
export async function runOnly(doc: Y.Doc, only: NodeId, frame: ExecutionFrame): Promise<RunId> {
  const workflow = draft(doc);
  const { input } = await whole(frame);
  return (await startRun(workflow.id, { input, only, workflow })).runId;
}

/** The frame with its values uncut. */
export function whole(frame: ExecutionFrame): Promise<ExecutionFrame> {
  if (!isCut(frame.input) && !isCut(frame.output)) return Promise.resolve(frame);
  return getValues<ExecutionFrame>(`/runs/${frame.run}/frames/${frame.openedSeq}?values=full`);
}

export const isCut = (value: Json): boolean => isRecord(value) && isRecord(value["$preview"]);
