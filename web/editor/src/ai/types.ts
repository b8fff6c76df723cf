/**
 * The shapes of the AI routes: generated from the service's OpenAPI (`npm run api`), and narrowed by hand where that says
 * only "a value". A field that the service no longer answers with does not compile here; `npm run drift` tells whether what
 * is generated is of today's description.
 */
import type { components } from "../api/schema";
import type { Json, NodeId, PathStep, Problem, RunId, Seq, Status } from "../api/types";
import type { Patch } from "../document/patch";

export type Schemas = components["schemas"];
/** `Theirs` with fields of ours, each of which must be one of theirs. */
export type Narrowed<Theirs, Ours extends Record<Exclude<keyof Ours, keyof Theirs>, never>> = Omit<Theirs, keyof Ours> &
  Ours;

type Origin =
  | { kind: "planner" }
  | { kind: "rule"; name: string }
  | { kind: "model"; model: string }
  /** People, in a branch of the workflow. */
  | { kind: "branch"; from: string };

/** What a patch does, computed by the service from the patch and the graph, never from a model's words. */
export type Summary = Schemas["Summary"];
/** A part of a patch that can be accepted without the rest. */
export type Part = Schemas["Part"];
export type Count = Schemas["Count"];
export type ChangedOutput = Schemas["ChangedOutput"];
/** An effect that a trial met. */
export type Asked = Narrowed<Schemas["Asked"], { path: PathStep[]; request: Json }>;
/** What a fix was shown to do by its replays. */
export type Evidence = Narrowed<Schemas["Evidence"], { wouldSend: Asked[] }>;
export type Usage = Schemas["Usage"];
/** One call of a model. */
export type Receipt = Schemas["Receipt"];

type Proposed = Narrowed<
  Schemas["Proposal"],
  {
    patch: Patch;
    origin: Origin;
    problems: Problem[];
    mends?: [RunId, Seq] | null;
    evidence?: Evidence | null;
  }
>;
/** What is known of a decision, which only a closed proposal has. */
type Decision = "state" | "by" | "byName" | "at" | "version";
type ProposalState =
  | { state: "open" }
  | { state: "accepted"; by: string; byName?: string; at: string; version: string }
  | { state: "rejected"; by: string; byName?: string; at: string };
export type Proposal = Omit<Proposed, Decision> & ProposalState;

export type Question = Schemas["Question"];
export type ToolStep = Schemas["ToolUse"];
export type Complaint = Schemas["Trouble"];
export type Turn = Schemas["Turn"];
export type ChatRow = Schemas["ChatRow"];
export type Chat = Schemas["Chat"];

export type Alike = Schemas["Alike"];
export type Accepted = Narrowed<
  Schemas["Accepted"],
  { proposal: Proposal; patch: Patch; undo: Patch; problems: Problem[] }
>;
export type Recovered = Narrowed<
  Schemas["Recovered"],
  { resumed: Narrowed<Schemas["RecoveredRun"], { status: Status }>[] }
>;
export type Healed = Narrowed<Schemas["Healing"], { nodeId: NodeId; fixes: Proposal[]; needsLiveTry: Proposal[] }>;

export type Sentence = Schemas["Sentence"];
export type Explained = Schemas["Explained"];

export const TASKS = ["draft", "code", "heal", "explain", "node"] as const satisfies (keyof Schemas["TaskModels"])[];
export type Task = (typeof TASKS)[number];
export type Limits = Schemas["Limits"];
export type AiState = Narrowed<Schemas["Setup"], { mode: "model" | "planner" }>;
/** What is absent stays; models and limits are said whole. */
export type AiChange = Schemas["Changed"];
export type Tested = Schemas["Tested"];
export type ModelEntry = Schemas["ModelEntry"];
