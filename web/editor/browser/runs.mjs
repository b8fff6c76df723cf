/** Workflows and runs for the tests of the timeline. */
import { api } from "./harness.mjs";

/** Loops over a list, fails on some of its items and goes on, then branches. */
export const ORDERS = {
  id: "checked-orders",
  name: "Checked orders",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      {
        id: "list",
        type: "code.rhai",
        name: "List orders",
        params: {
          code: "let out = [];\nfor i in range(0, input.count) {\n  out.push(#{ id: i, price: (i * 37) % 101 });\n}\nout",
        },
        position: { x: 288, y: 96 },
      },
      {
        id: "each",
        type: "flow.for_each",
        name: "Each order",
        params: { items: "{{ input }}" },
        position: { x: 576, y: 0 },
      },
      {
        id: "double",
        type: "code.rhai",
        name: "Double",
        params: { code: "#{ id: item.id, total: item.price * 2 }" },
        parent: "each",
        position: { x: 24, y: 72 },
      },
      {
        id: "check",
        type: "code.rhai",
        name: "Check",
        onError: "continue",
        params: { code: 'if input.total > 150 { throw "order " + item.id + " is too dear"; } input' },
        parent: "each",
        position: { x: 312, y: 72 },
      },
      {
        id: "many",
        type: "flow.if",
        name: "Many?",
        params: { condition: "{{ input.len() > 10 }}" },
        position: { x: 1248, y: 96 },
      },
      { id: "big", type: "log", name: "Tell sales", params: { message: "a big day" }, position: { x: 1536, y: 0 } },
      {
        id: "small",
        type: "log",
        name: "Tell nobody",
        params: { message: "a quiet day" },
        position: { x: 1536, y: 192 },
      },
    ],
    edges: [
      { source: "start", target: "list" },
      { source: "list", target: "each" },
      { source: "double", target: "check" },
      { source: "each", target: "many" },
      { source: "many", sourcePort: "true", target: "big" },
      { source: "many", sourcePort: "false", target: "small" },
    ],
  },
};

/** Waits a moment in each of its rounds, so that somebody can watch. */
export const SLOW = {
  id: "slow",
  name: "Slow",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      { id: "each", type: "flow.for_each", params: { items: "{{ input.rounds }}" }, position: { x: 288, y: 0 } },
      { id: "pause", type: "flow.wait", params: { durationMs: 50 }, parent: "each", position: { x: 24, y: 72 } },
      { id: "done", type: "log", params: { message: "done" }, position: { x: 960, y: 96 } },
    ],
    edges: [
      { source: "start", target: "each" },
      { source: "each", target: "done" },
    ],
  },
};

export const APPROVAL = {
  id: "approval",
  name: "A person decides",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      { id: "ask", type: "flow.approve", params: { message: "Pay {{ input.sum }}?" }, position: { x: 288, y: 96 } },
      { id: "pay", type: "log", params: { message: "paid" }, position: { x: 576, y: 0 } },
      { id: "refuse", type: "log", params: { message: "not paid" }, position: { x: 576, y: 192 } },
    ],
    edges: [
      { source: "start", target: "ask" },
      { source: "ask", sourcePort: "approved", target: "pay" },
      { source: "ask", sourcePort: "rejected", target: "refuse" },
    ],
  },
};

/** Two frames for each number. */
export const LONG = {
  id: "long",
  name: "Long",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      { id: "each", type: "flow.for_each", params: { items: "{{ input.numbers }}" }, position: { x: 288, y: 0 } },
      {
        id: "one",
        type: "data.set",
        params: { fields: { n: "{{ item }}" } },
        parent: "each",
        position: { x: 24, y: 72 },
      },
      {
        id: "two",
        type: "data.set",
        params: { fields: { m: "{{ input.n }}" } },
        parent: "each",
        position: { x: 312, y: 72 },
      },
    ],
    edges: [
      { source: "start", target: "each" },
      { source: "one", target: "two" },
    ],
  },
};

/** Saves a workflow, runs it to its end, and gives the run's id. */
export async function ran(page, workflow, input) {
  await api(page, "POST", "/workflows", workflow);
  return again(page, workflow.id, input);
}

export async function again(page, id, input) {
  return (await api(page, "POST", `/workflows/${id}/runs?wait=true`, { input })).runId;
}

/** Opens a run and waits until its timeline is there. */
export async function openRun({ page, origin }, run, query = "") {
  await page.goto(`${origin}/runs/${run}${query}`);
  await page.waitForSelector(".run-slider");
  await page.waitForSelector(".react-flow__node");
}

/** The moment that is shown. */
export const moment = async (page) => Number(await page.getAttribute(".run-slider", "aria-valuenow"));
export const momentText = (page) => page.getAttribute(".run-slider", "aria-valuetext");

/** Waits for a moment and gives it. */
export async function momentIs(page, is) {
  await page.waitForFunction(
    (wanted) => document.querySelector(".run-slider")?.getAttribute("aria-valuenow") === String(wanted),
    is,
    { timeout: 5000 },
  );
}

export const statusOf = (page, node) =>
  page.evaluate(
    (id) =>
      document.querySelector(`.react-flow__node[data-id="${id}"] [data-status]`)?.getAttribute("data-status") ?? null,
    node,
  );
