/** A turn of a chat while it is answered: what the events so far add up to. No React, no network. */
import type { TurnEvent } from "./api";
import type { Complaint, Question, Receipt, ToolStep, Turn } from "./types";

export interface LiveTurn {
  /** Of a turn that is over. */
  id: string | null;
  text: string;
  answer: string;
  tools: ToolStep[];
  question: Question | null;
  proposals: string[];
  receipts: Receipt[];
  by: string | null;
  problem: Complaint | null;
  /** What was done to the workflow since, as it was kept. */
  applied: readonly string[];
  isAnswering: boolean;
  /** A person stopped it. */
  isStopped: boolean;
}

export const asked = (text: string): LiveTurn => ({
  id: null,
  text,
  answer: "",
  tools: [],
  question: null,
  proposals: [],
  receipts: [],
  by: null,
  problem: null,
  applied: [],
  isAnswering: true,
  isStopped: false,
});

export const past = ({
  id,
  text,
  answer,
  tools,
  question,
  proposals,
  receipts,
  by,
  problem,
  applied,
}: Turn): LiveTurn => ({
  id,
  text,
  answer,
  tools,
  question: question ?? null,
  proposals,
  receipts,
  by,
  problem: problem ?? null,
  applied: applied ?? [],
  isAnswering: false,
  isStopped: false,
});

export function told(turn: LiveTurn, event: TurnEvent): LiveTurn {
  switch (event.type) {
    case "started":
      return { ...turn, by: event.mode === "planner" ? "planner" : turn.by };
    case "token":
      return { ...turn, answer: turn.answer + event.text };
    case "tool":
      return { ...turn, tools: [...turn.tools, { name: event.name, about: event.about, ok: event.ok }] };
    case "proposal":
      return { ...turn, proposals: [...turn.proposals, event.proposal.id] };
    case "question":
      return { ...turn, question: { text: event.text, choices: event.choices } };
    case "problem":
      return { ...turn, problem: { code: event.code, detail: event.detail, hint: event.hint ?? null } };
    case "done":
      return past(event.turn);
    default:
      return turn;
  }
}

/** What the calls behind answers used, all together. */
export function spentOn(receipts: readonly Receipt[]): { tokens: number; costUsd: number | null } {
  const costs = receipts.flatMap(({ usage }) => usage.costUsd ?? []);
  return {
    tokens: receipts.reduce((sum, { usage }) => sum + usage.promptTokens + usage.completionTokens, 0),
    costUsd: costs.length > 0 ? costs.reduce((sum, cost) => sum + cost, 0) : null,
  };
}

/** `$0.0042`: as many digits as tell something. */
export const dollars = (usd: number) =>
  usd === 0 ? "$0" : usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`;
