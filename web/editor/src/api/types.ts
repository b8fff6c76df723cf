/** The shapes that the service answers with, as the editor uses them. Names and meaning: DESIGN, section 9. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Status =
  "PENDING" | "RUNNING" | "WAITING" | "COMPLETED" | "FAILED" | "SKIPPED" | "CANCELLED" | "INTERRUPTED";

export type NodeId = string;
export type RunId = string;
/** The number of an event in its run, from 1. */
export type Seq = number;

export interface Position {
  x: number;
  y: number;
}

export interface WorkflowNode {
  id: NodeId;
  type: string;
  name?: string;
  params?: Record<string, Json>;
  disabled?: boolean;
  parent?: NodeId;
  retry?: { maxAttempts: number; delayMs?: number; backoffMultiplier?: number; jitter?: boolean };
  timeoutMs?: number;
  onError?: "stop" | "continue" | "port" | "pause";
  position?: Position;
  pinned?: Json;
  [field: string]: unknown;
}

export interface WorkflowEdge {
  id?: string;
  source: NodeId;
  sourcePort?: string;
  target: NodeId;
  targetPort?: string;
  [field: string]: unknown;
}

/** A sticky note on the canvas. */
export interface Note {
  id: string;
  text: string;
  x: number;
  y: number;
  width: number;
  height: number;
  color: string;
}

/** A named frame around some nodes. */
export interface Group {
  id: string;
  title: string;
  nodes: NodeId[];
  color: string;
}

export interface Workflow {
  id: string;
  name?: string;
  description?: string;
  version?: number;
  tags?: string[];
  config?: Record<string, Json>;
  graph: { nodes: WorkflowNode[]; edges: WorkflowEdge[]; notes?: Note[]; groups?: Group[]; [field: string]: unknown };
  [field: string]: unknown;
}

export interface Place {
  node?: NodeId | null;
  param?: string | null;
  /** Its position in the file, from 0. */
  edge?: number | null;
  field?: string | null;
  line?: number | null;
  column?: number | null;
}

export interface Problem {
  severity: "error" | "warning" | "info";
  code: string;
  message: string;
  hint?: string | null;
  place: Place;
}

export interface Failure {
  kind: string;
  message: string;
  hint?: string | null;
  place?: Place | null;
  details?: Json;
}

export interface Port {
  name: string;
  type: string;
  about: string;
}

export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  enum?: Json[];
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  const?: Json;
  default?: Json;
  examples?: Json[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  format?: string;
  additionalProperties?: boolean | JsonSchema;
  "x-order"?: string[];
  [keyword: string]: unknown;
}

/** What a node type of the workspace runs. */
export interface Definition {
  version: number;
  title: string;
  code: string;
}

export interface NodeSpec {
  type: string;
  title: string;
  summary: string;
  docs: string;
  icon: string;
  words: string[];
  role: string;
  inputs: Port[];
  outputs: Port[];
  params: JsonSchema;
  lazy: string[];
  code: string[];
  errors: [string, string][];
  examples: {
    title: string;
    params: Record<string, Json>;
    input: Json;
    output: Json;
    port: string;
    bySource: boolean;
  }[];
  /** Of a node type of the workspace; a workflow that uses it holds a copy. */
  definition?: Definition | null;
}

export interface WorkflowRef {
  id: string;
  version: number;
  hash: string;
}

export interface RunRow {
  run: RunId;
  workflow: WorkflowRef;
  mode: "live" | "dry";
  status: Status;
  started: string;
  ended: string | null;
  lastSeq: Seq;
  frames: number;
  failedFrames: number;
  forkOf: { run: RunId; at: Seq } | null;
  durationMs?: number | null;
  forks?: number;
  name?: string | null;
}

export interface RunDetail extends RunRow {
  input: Json;
  output: Json;
  error: Failure | null;
  waits: { frame: Seq; nodeId: NodeId; path: PathStep[]; reason: string; message?: string | null }[];
}

export type PathStep = string | number;

export interface RecordedEffect {
  ordinal: number;
  kind: string;
  request: Json;
  idempotent: boolean;
  outcome: Json;
  tookMs: number | null;
}

export interface ExecutionFrame {
  id: string;
  run: RunId;
  nodeId: NodeId;
  nodeType: string;
  path: PathStep[];
  attempt: number;
  openedSeq: Seq;
  closedSeq: Seq | null;
  timestamp: string;
  input: Json;
  output: Json;
  status: Status;
  error: Failure | null;
  effects: RecordedEffect[];
  logs: { level: string; text: string }[];
  metrics: { durationMs: number; queuedMs: number; memoryUsage: number; operations: number };
  memo: boolean;
  workflowVersion: string;
  codeHash: string;
}

export interface NodeMoment {
  status: Status;
  frame: ExecutionFrame | null;
  opened: number;
  completed: number;
  failed: number;
  skipped: number;
}

export interface Snapshot {
  run: RunId;
  seq: Seq;
  at: string;
  status: Status;
  workflow: WorkflowRef;
  mode: "live" | "dry";
  input: Json;
  output: Json;
  error: Failure | null;
  nodes: Record<NodeId, NodeMoment>;
}

/** A value that was cut because its JSON is longer than 4 KiB. */
export interface Preview {
  $preview: { type: string; bytes: number; count: number; text: string };
}

/** All frames of a run as columns, in the order in which they were opened. */
export interface TimelineColumns {
  run: RunId;
  runStatus: Status;
  startedAt: string;
  lastSeq: Seq;
  nodes: NodeId[];
  statuses: Status[];
  node: number[];
  parent: number[];
  iteration: number[];
  attempt: number[];
  opened: Seq[];
  closed: Seq[];
  openedMs: number[];
  closedMs: number[];
  /** Index into `statuses`. */
  status: number[];
  /** When frames waited: the event that opened the frame, that from which on it waited, and the one that ended it or 0. */
  waitOf: Seq[];
  waitFrom: Seq[];
  waitTo: Seq[];
  waitFromMs: number[];
  waitToMs: number[];
}

export interface ValueChange {
  path: string;
  from: string | null;
  op: "added" | "removed" | "changed" | "moved";
  before: Json;
  after: Json;
  /** A unified diff, for texts of several lines. */
  lines: string | null;
}

export interface FrameRef {
  id: string;
  nodeId: NodeId;
  path: PathStep[];
  attempt: number;
  openedSeq: Seq;
  status: Status;
}

export interface FrameChange {
  a: FrameRef;
  b: FrameRef;
  status: { before: Status; after: Status } | null;
  input: ValueChange[];
  output: ValueChange[];
  error: ValueChange[];
  effects: ValueChange[];
}

export interface SearchHit {
  run: RunId;
  workflow: string;
  frame: Seq;
  seq: Seq;
  node: NodeId;
  role: string;
  port: string | null;
  at: string;
  snippet: { path: string; parts: { text: string; found: boolean }[]; cut: boolean };
  score: number;
  times: number;
}

export interface Listed<T> {
  items: T[];
  next: string | null;
}

export interface ProblemBody {
  title: string;
  status: number;
  code: string;
  detail: string;
  hint?: string;
  problems?: Problem[];
}
