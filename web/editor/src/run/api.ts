/** What the run's screens ask of the service. */
import { get, getValues, patch, post } from "../api/client";
import type {
  ExecutionFrame,
  FrameChange,
  FrameRef,
  Json,
  Listed,
  NodeId,
  RunDetail,
  RunId,
  RunRow,
  SearchHit,
  Seq,
  Snapshot,
  TimelineColumns,
  ValueChange,
  Workflow,
} from "../api/types";

import { exactOfWorkflow, jsonBody } from "../api/workflows";

const at = (run: RunId) => `/runs/${encodeURIComponent(run)}`;

export { getRun, getRunWorkflow } from "../api/runs";
export const getTimeline = (run: RunId, from: Seq) => get<TimelineColumns>(`${at(run)}/timeline?from=${from}`);
export const getFrame = (run: RunId, opened: Seq, values: "preview" | "full" = "preview") =>
  getValues<ExecutionFrame>(`${at(run)}/frames/${opened}?values=${values}`);
export const getSnapshot = (run: RunId, seq: Seq) =>
  getValues<Snapshot>(`${at(run)}/snapshot?seq=${seq}&values=preview`);

/** Where the events after `seq` are read from. */
export const eventsAddress = (run: RunId, seq: Seq) => `/api/v1${at(run)}/events?from=${seq}`;

/** Where the run is had as a file. */
export const exportAddress = (run: RunId) => `/api/v1${at(run)}/export`;

/** Takes in a run that was exported, here or elsewhere. */
export const importRun = (file: Blob) => post<{ runId: RunId }>("/runs/import", file);

/** Which value of a frame is meant. */
export interface ValueOf {
  run: RunId;
  frame: Seq;
  side: "input" | "output" | "error" | "effect";
  ordinal?: number;
}

export interface Slice {
  type: string;
  /** Of a list its items, of a record its fields, of a text its characters. */
  count: number;
  bytes?: number;
  offset: number;
  items?: { index?: number; key?: string; preview: Json }[];
  text?: string;
}

export function getSlice(value: ValueOf, pointer: string, offset: number, limit: number): Promise<Slice> {
  const query = new URLSearchParams({ side: value.side, pointer, offset: String(offset), limit: String(limit) });
  if (value.ordinal !== undefined) query.set("ordinal", String(value.ordinal));
  return getValues<Slice>(`${at(value.run)}/frames/${value.frame}/value?${query}`);
}

export const cancelRun = (run: RunId, reason?: string) => post<undefined>(`${at(run)}/cancel`, { reason });
export const signalRun = (run: RunId, value: Json, node?: NodeId) =>
  post<undefined>(`${at(run)}/signal`, { value, ...(node !== undefined && { node }) });
export const retryRun = (run: RunId, node?: NodeId) =>
  post<undefined>(`${at(run)}/retry`, node === undefined ? {} : { node });
export const nameRun = (run: RunId, name: string) => patch<RunDetail>(at(run), { name });

export interface Replayed {
  identical: boolean;
  frames: number;
  effectsPerformed: number;
  divergence: Json;
}
export const replayRun = (run: RunId) => post<Replayed>(`${at(run)}/replay`);

export interface ForkRequest {
  seq: Seq;
  /** By `node.param`. */
  set?: Record<string, Json>;
  /** By node. */
  inputs?: Record<NodeId, Json>;
  workflow?: Workflow;
  live?: boolean;
  name?: string;
}

/** What a live fork would send. */
export interface ForkPlan {
  effects: { nodeId: NodeId; path: (string | number)[]; kind: string; request: Json; idempotent: boolean }[];
  /** Whether that is all: what comes after an effect can depend on its answer. */
  complete: boolean;
}
export const planFork = (run: RunId, fork: ForkRequest) =>
  post<ForkPlan>(`${at(run)}/fork`, forkBody({ ...fork, plan: true }));
export const forkRun = (run: RunId, fork: ForkRequest) => post<{ runId: RunId }>(`${at(run)}/fork`, forkBody(fork));

const forkBody = (fork: ForkRequest & { plan?: boolean }) =>
  jsonBody(fork, fork.workflow ? { record: { workflow: exactOfWorkflow(fork.workflow) } } : null);

export interface ForkBranch {
  run: RunRow;
  at: Seq | null;
  name: string | null;
  children: ForkBranch[];
}
export const getForks = (run: RunId) => get<ForkBranch>(`${at(run)}/forks`);

export interface RunSide {
  run: RunId;
  seq: Seq;
  status: string;
  mode: string;
  workflow: { id: string; version: number; hash: string };
  frames: number;
}

/** How the workflows of two runs differ. */
export interface WorkflowDifference {
  nodes: { id: NodeId; op: ValueChange["op"]; changes: ValueChange[] }[];
  edgesAdded: Json[];
  edgesRemoved: Json[];
  rest: ValueChange[];
}

/** How two runs differ; computed by the service, so that every surface shows the same. */
export interface RunDifference {
  a: RunSide;
  b: RunSide;
  identical: boolean;
  firstDivergence: { op: string; a: FrameRef | null; b: FrameRef | null } | null;
  workflow: WorkflowDifference | null;
  input: ValueChange[];
  output: ValueChange[];
  error: ValueChange[];
  same: number;
  changed: FrameChange[];
  onlyInA: FrameRef[];
  onlyInB: FrameRef[];
}
export const getDiff = (a: string, b: string) =>
  getValues<RunDifference>(`/diff?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`);

export interface RunFilter {
  workflow?: string;
  status?: string;
  since?: string;
  until?: string;
  minMs?: number;
  maxMs?: number;
}
export function listRuns(filter: RunFilter, cursor = "", limit = 100): Promise<Listed<RunRow>> {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of Object.entries(filter))
    if (value !== undefined && value !== "") query.set(name, String(value));
  if (cursor) query.set("cursor", cursor);
  return get<Listed<RunRow>>(`/runs?${query}`);
}

/** How many values were recorded and cannot be found yet. */
type SearchLag = number;

export function searchValues(
  text: string,
  within: { workflow?: string; run?: RunId } = {},
  cursor = "",
): Promise<Listed<SearchHit> & { lag: SearchLag }> {
  const query = new URLSearchParams({ q: text, limit: "50" });
  if (within.workflow) query.set("workflow", within.workflow);
  if (within.run) query.set("run", within.run);
  if (cursor) query.set("cursor", cursor);
  return get(`/search?${query}`);
}

/** A whole value of a frame; only asked for when a person wants it. */
export async function getWhole(value: ValueOf): Promise<Json> {
  const frame = await getFrame(value.run, value.frame, "full");
  if (value.side === "effect") return frame.effects.find((effect) => effect.ordinal === value.ordinal)?.outcome ?? null;
  if (value.side === "error") return frame.error as unknown as Json;
  return frame[value.side];
}
