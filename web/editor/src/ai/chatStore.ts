/** The chats of a workflow: the one that is open, its turns, and the answer that is arriving. */
import { useEffect } from "react";
import { create } from "zustand";
import { ServiceError } from "../api/client";
import type { NodeId, RunId, Seq } from "../api/types";
import { project } from "../document/project";
import { getChat, sendChat, writeCode, type CodeRequest, type TurnEvent } from "./api";
import { hostNow } from "./host";
import { asked, past, told, type LiveTurn } from "./liveTurn";
import { knowProposal } from "./proposals";
import { look } from "./review";

interface ChatState {
  workflow: string | null;
  /** Null: the next words begin a new one. */
  chat: string | null;
  turns: readonly LiveTurn[];
  /** The chat is being read. */
  isReading: boolean;
}

const NEW: ChatState = { workflow: null, chat: null, turns: [], isReading: false };
export const useChat = create<ChatState>(() => NEW);
const set = useChat.setState;
const now = useChat.getState;

let running: AbortController | null = null;

/** What a question is asked about. */
export interface Looking {
  selection: NodeId[];
  run: RunId | null;
  frame: Seq | null;
}

export const isAnswering = (turns: readonly LiveTurn[]) => turns.at(-1)?.isAnswering ?? false;

export function newChat(workflow = now().workflow) {
  stop();
  set({ ...NEW, workflow });
}

/** Another workflow has chats of its own. */
export function useChatsOf(workflow: string) {
  useEffect(() => {
    if (now().workflow !== workflow) newChat(workflow);
  }, [workflow]);
}

export async function openChat(id: string) {
  stop();
  set({ chat: id, turns: [], isReading: true });
  try {
    const { workflow, turns } = await getChat(id);
    if (now().chat === id) set({ workflow, turns: turns.map(past), isReading: false });
  } catch (error) {
    if (now().chat === id) set({ isReading: false });
    throw error;
  }
}

export async function ask(text: string, { selection, run, frame }: Looking) {
  const host = hostNow();
  if (!host) return;
  const { chat } = now();
  const request = {
    workflow: host.workflow,
    ...(chat !== null && { chat }),
    text,
    ...(host.opened && { draft: project(host.doc) }),
    ...(selection.length > 0 && { selection }),
    ...(run !== null && { run }),
    ...(frame !== null && { frame }),
  };
  await answer(text, host.workflow, (told, signal) => sendChat(request, told, signal));
}

/** Asks for node code; the proposal is reviewed like any other. */
export async function askForCode(request: CodeRequest) {
  await answer(request.sentence, request.workflow, (told, signal) => writeCode(request, told, signal));
}

type Answering = (told: (event: TurnEvent) => void, signal: AbortSignal) => Promise<void>;

async function answer(text: string, workflow: string, answering: Answering) {
  stop();
  const mine = new AbortController();
  running = mine;
  set(({ turns }) => ({ workflow, turns: [...turns, asked(text)] }));
  const change = (make: (turn: LiveTurn) => LiveTurn) => {
    if (running !== mine) return;
    set(({ turns }) => ({ turns: turns.with(-1, make(turns.at(-1) as LiveTurn)) }));
  };
  const hear = (event: TurnEvent) => {
    if (running !== mine) return;
    if (event.type === "started" || event.type === "done") set({ chat: event.chat });
    if (event.type === "proposal") {
      knowProposal(event.proposal);
      void look(event.proposal);
    }
    change((turn) => told(turn, event));
  };
  try {
    await answering(hear, mine.signal);
    change((turn) => (turn.isAnswering ? { ...turn, isAnswering: false, problem: turn.problem ?? BROKEN } : turn));
  } catch (error) {
    change((turn) => ({ ...turn, isAnswering: false, problem: complaintOf(error) }));
  }
}

const BROKEN = { code: "broken-off", detail: "the answer broke off", hint: "ask again" };

function complaintOf(error: unknown) {
  if (error instanceof ServiceError) return { code: error.code, detail: error.message, hint: error.hint ?? null };
  return { ...BROKEN, detail: error instanceof Error ? error.message : String(error) };
}

/** Stops the answer that is arriving; what has come of it stays. */
export function stop() {
  const stopped = running;
  running = null;
  if (!stopped || !isAnswering(now().turns)) return;
  stopped.abort();
  set(({ turns }) => ({
    turns: turns.with(-1, { ...(turns.at(-1) as LiveTurn), isAnswering: false, isStopped: true }),
  }));
}
