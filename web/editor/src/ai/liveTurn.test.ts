import { expect, test } from "vitest";
import type { TurnEvent } from "./api";
import { asked, dollars, spentOn, told } from "./liveTurn";
import { EventCutter } from "./sse";
import type { Proposal, Receipt, Turn } from "./types";

test("events are cut out of a stream wherever its pieces end", () => {
  const text =
    'event: token\r\ndata: {"text":"a"}\r\n\r\n: quiet\n\nid: 3\nevent: done\ndata: {"x":\ndata: 1}\n\nevent: lost';
  for (const size of [1, 2, 3, 7, 1000]) {
    const cutter = new EventCutter();
    const heard = (text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? []).flatMap((piece) => cutter.push(piece));
    expect(heard, `pieces of ${size}`).toEqual([
      { name: "token", data: '{"text":"a"}' },
      { name: "done", data: '{"x":\n1}' },
    ]);
  }
});

test("a turn is what its events add up to, and at the end what the service kept", () => {
  const events: TurnEvent[] = [
    { type: "started", chat: "c", mode: "model" },
    { type: "token", text: "It " },
    { type: "tool", name: "check", about: "2 nodes", ok: true },
    { type: "token", text: "works." },
    { type: "proposal", proposal: { id: "p1" } as Proposal },
    { type: "question", text: "Which?", choices: ["a", "b"] },
    { type: "problem", code: "limit", detail: "the spending limit is reached" },
  ];
  const turn = events.reduce(told, asked("do it"));
  expect(turn).toMatchObject({
    text: "do it",
    answer: "It works.",
    tools: [{ name: "check", about: "2 nodes", ok: true }],
    proposals: ["p1"],
    question: { text: "Which?", choices: ["a", "b"] },
    problem: { code: "limit", detail: "the spending limit is reached", hint: null },
    isAnswering: true,
  });
  const kept = {
    id: "t",
    text: "do it",
    answer: "Done.",
    tools: [],
    proposals: [],
    receipts: [],
    by: "planner",
  } as unknown as Turn;
  expect(told(turn, { type: "done", chat: "c", turn: kept })).toMatchObject({
    id: "t",
    answer: "Done.",
    isAnswering: false,
    by: "planner",
  });
});

test("what the calls cost is added up; calls without a price have none", () => {
  const receipt = (promptTokens: number, completionTokens: number, costUsd?: number): Receipt => ({
    prompt: "p",
    model: "m",
    usage: { promptTokens, completionTokens, ...(costUsd !== undefined && { costUsd }) },
    read: [],
  });
  expect(spentOn([receipt(10, 2, 0.5), receipt(1, 1)])).toEqual({ tokens: 14, costUsd: 0.5 });
  expect(spentOn([receipt(1, 1)]).costUsd).toBeNull();
  expect([0, 0.00042, 0.5, 12].map(dollars)).toEqual(["$0", "$0.00042", "$0.50", "$12.00"]);
});
