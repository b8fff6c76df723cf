/** The AI routes of the service. */
import { call, get, patch, post, remove, send, ServiceError } from "../api/client";
import type { Json, Listed, ProblemBody, RunId, Seq, Workflow } from "../api/types";
import { hear } from "./sse";
import type {
  Accepted,
  AiChange,
  AiState,
  Chat,
  ChatRow,
  Complaint,
  Explained,
  Healed,
  ModelEntry,
  Narrowed,
  Proposal,
  Question,
  Recovered,
  Schemas,
  Tested,
  ToolStep,
  Turn,
} from "./types";

type ChatRequest = Narrowed<Schemas["NewTurn"], { draft?: Workflow }>;
export type CodeRequest = Narrowed<Schemas["NewCode"], { draft?: Workflow; sample?: Json; expect?: Json }>;

/** What is told of a turn while it is answered; the description of the routes knows these in words only. */
export type TurnEvent =
  | { type: "started"; chat: string; mode: string }
  | { type: "token"; text: string }
  | ({ type: "tool" } & ToolStep)
  | { type: "proposal"; proposal: Proposal }
  | ({ type: "question" } & Question)
  | ({ type: "problem" } & Complaint)
  | { type: "done"; chat: string; turn: Turn };

/** One turn of a chat, told as it is answered. Aborting the signal stops the answer at the service, too. */
export const sendChat = (request: ChatRequest, told: (event: TurnEvent) => void, signal: AbortSignal) =>
  turn("/chat", request, told, signal);

/** Node code from a sentence; answers as a turn of a chat does. */
export const writeCode = (request: CodeRequest, told: (event: TurnEvent) => void, signal: AbortSignal) =>
  turn("/code", request, told, signal);

async function turn(path: string, request: object, told: (event: TurnEvent) => void, signal: AbortSignal) {
  const response = await send("POST", path, request, { accept: "text/event-stream" }, signal);
  await hear(response, ({ name, data }) => {
    const body = JSON.parse(data) as Record<string, unknown>;
    told((name === "proposal" ? { type: name, proposal: body } : { type: name, ...body }) as TurnEvent);
  });
}

export const listChats = (workflow: string, query: string) =>
  get<Listed<ChatRow>>(`/chat?${new URLSearchParams({ workflow, ...(query && { q: query }) })}`);
export const getChat = (id: string) => get<Chat>(`/chat/${encodeURIComponent(id)}`);
export const removeChat = (id: string) => remove(`/chat/${encodeURIComponent(id)}`);

const at = (proposal: string) => `/proposals/${encodeURIComponent(proposal)}`;

export const getProposal = (id: string) => get<Proposal>(at(id));
/** The client id with which the service writes the change into the document. */
type Yes = Schemas["Yes"] & { client?: number };

/** All parts when `parts` is absent. */
export const acceptProposal = (id: string, body: Yes) => post<Accepted>(`${at(id)}/accept`, body);
export const rejectProposal = (id: string) => post<Proposal>(`${at(id)}/reject`);
export const recover = (id: string, count: 1 | 10 | "all") => post<Recovered>(`${at(id)}/recover`, { count });

export interface HealProgress {
  done: number;
  of: number;
  what: string;
}

/** Looks for fixes of a failed frame, and tells how far it is. */
export async function heal(
  run: RunId,
  frame: Seq | null,
  told: (progress: HealProgress) => void,
  signal: AbortSignal,
): Promise<Healed> {
  const path = `/runs/${encodeURIComponent(run)}/heal`;
  const body = frame === null ? {} : { frame };
  const response = await send("POST", path, body, { accept: "text/event-stream" }, signal);
  if (!response.headers.get("content-type")?.includes("event-stream")) return (await response.json()) as Healed;
  let healed: Healed | undefined;
  await hear(response, ({ name, data }) => {
    const body = JSON.parse(data) as unknown;
    if (name === "progress") told(body as HealProgress);
    if (name === "done") healed = body as Healed;
    if (name === "problem") throw new ServiceError(body as ProblemBody);
  });
  if (!healed) throw new Error("the search for a fix broke off");
  return healed;
}

export interface ExplainRequest {
  workflow?: string;
  draft?: Workflow;
  run?: RunId;
  frame?: Seq;
  diff?: { a: RunId; b: RunId };
}

export const explain = (request: ExplainRequest, signal: AbortSignal) =>
  call<Explained>("POST", "/explain", request, {}, signal);

export const getAi = () => get<AiState>("/ai");
export const changeAi = (change: AiChange) => patch<AiState>("/ai", change);
export const listModels = () => get<Listed<ModelEntry>>("/ai/models");
export const testAi = () => post<Tested>("/ai/test");
