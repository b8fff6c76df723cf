/** The shapes of the AI routes: `ai/src/proposal.rs`, `ai/src/lab.rs` and the chat, as JSON. */
import type { Json, NodeId, PathStep, Problem, RunId, Seq } from "../api/types";
import type { Patch } from "../document/patch";

export type Origin = { kind: "planner" } | { kind: "rule"; name: string } | { kind: "model"; model: string };

/** What a patch does, computed by the service from the patch and the graph, never from a model's words. */
export interface Summary {
  lines: string[];
  newHosts: string[];
  newCredentials: string[];
  triggers: string[];
  code: NodeId[];
  hiddenText: NodeId[];
}

/** A part of a patch that can be accepted without the rest. */
export interface Part {
  id: number;
  title: string;
  /** Positions in the patch. */
  edits: number[];
  /** Parts that it cannot be without. */
  needs: number[];
}

export interface Count {
  did: number;
  of: number;
}

export interface ChangedOutput {
  run: RunId;
  frame: Seq;
  nodeId: NodeId;
  recorded: string;
  replayed: string;
}

/** An effect that a trial met. */
export interface Asked {
  nodeId: NodeId;
  path: PathStep[];
  attempt: number;
  kind: string;
  request: Json;
  recorded: boolean;
  [field: string]: unknown;
}

/** What a fix was shown to do by its replays. */
export interface Evidence {
  fixes: Count;
  keeps: Count;
  downstream: Count;
  changes: ChangedOutput[];
  wouldSend: Asked[];
  tookMs: number;
}

export interface Usage {
  promptTokens: number;
  completionTokens: number;
  costUsd?: number;
}

/** One call of a model. */
export interface Receipt {
  /** Name and version: `edit@1f0c33d2`. */
  prompt: string;
  model: string;
  usage: Usage;
  read: [RunId, Seq][];
}

export type ProposalState =
  | { state: "open" }
  | { state: "accepted"; by: string; at: string; version: string; acceptedParts: number[] }
  | { state: "rejected"; by: string; at: string };

export type Proposal = {
  id: string;
  workflow: string;
  /** The version that the patch was made for. */
  base: string;
  patch: Patch;
  hash: string;
  title: string;
  /** In the words of whoever proposes; plain text. */
  reason: string;
  origin: Origin;
  summary: Summary;
  parts: Part[];
  problems: Problem[];
  mends?: [RunId, Seq];
  evidence?: Evidence;
  receipts: Receipt[];
  chat?: string;
  made: string;
} & ProposalState;

export interface Question {
  text: string;
  choices: string[];
}

export interface ToolStep {
  name: string;
  about: string;
  ok: boolean;
}

export interface Turn {
  id: string;
  person: string;
  text: string;
  at: string;
  answer: string;
  question?: Question | null;
  proposals: string[];
  tools: ToolStep[];
  receipts: Receipt[];
  /** `planner`, or the model's name. */
  by: string;
  problem?: Complaint | null;
  /** What was done when proposals of it were accepted. */
  applied?: string[];
}

export interface Complaint {
  code: string;
  detail: string;
  hint?: string | null;
}

export interface ChatRow {
  id: string;
  workflow: string;
  title: string;
  updatedAt: string;
  turns: number;
}

export interface Chat {
  id: string;
  workflow: string;
  turns: Turn[];
}

export interface Alike {
  group: string;
  count: number;
  runs: RunId[];
}

export interface Accepted {
  proposal: Proposal;
  workflow: string;
  version: string;
  /** What was done, told from the patch. */
  applied: string[];
  undo: Patch;
  /** As it was applied: without the parts that were left out. */
  patch: Patch;
  problems: Problem[];
  resumed?: { runId: RunId; sameRun: boolean } | null;
  alike?: Alike | null;
}

export interface Recovered {
  resumed: { run: RunId; into: RunId; status: string }[];
  left: number;
  stoppedAt: RunId | null;
}

export interface Healed {
  run: RunId;
  frame: Seq;
  nodeId: NodeId;
  diagnosis: { kind: string; sentence: string; evidence: string[]; policy: boolean };
  fixes: Proposal[];
  needsLiveTry: Proposal[];
  tried: { title: string; why: string }[];
  alike: Alike;
  exhausted: boolean;
  tookMs: number;
}

export interface Sentence {
  text: string;
  about?: { node?: NodeId | null; run?: RunId | null; frame?: Seq | null } | null;
}

export interface Explained {
  sentences: Sentence[];
  /** `rules`, or the model's name. */
  by: string;
  receipt?: Receipt | null;
}

export const TASKS = ["draft", "code", "heal", "explain", "node"] as const;
export type Task = (typeof TASKS)[number];

export interface Limits {
  runUsd: number | null;
  dayUsd: number | null;
  workspaceUsd: number | null;
}

export interface AiState {
  mode: "model" | "planner";
  baseUrl?: string | null;
  /** Of tasks that have none of their own. */
  model?: string | null;
  models: Partial<Record<Task, string | null>>;
  limits: Limits;
  spent: { dayUsd: number; workspaceUsd: number; tokens: number };
  keyFrom: string | null;
}

/** What is absent stays; models and limits are said whole. */
export interface AiChange {
  model?: string | null;
  models?: AiState["models"];
  limits?: Limits;
  baseUrl?: string | null;
}

export interface Tested {
  ok: boolean;
  model: string;
  ms: number;
  message?: string | null;
}
