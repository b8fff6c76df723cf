/** Two browsers of two people on one workflow, for the tests in this folder. */
import assert from "node:assert/strict";
import { openWorkflow, saved, withEditor } from "./editor.mjs";
import { startBrowser } from "./harness.mjs";

export const CODE = {
  id: "shared",
  name: "Shared",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      {
        id: "sum",
        type: "code.rhai",
        name: "Sum",
        params: { code: "let a = 1;\nlet b = 2;\na + b" },
        position: { x: 288, y: 96 },
      },
      { id: "tell", type: "log", name: "Tell", params: { message: "hi" }, position: { x: 576, y: 96 } },
    ],
    edges: [
      { source: "start", target: "sum" },
      { source: "sum", target: "tell" },
    ],
  },
};

/** Two browsers of two people on one workflow. */
export const withTwo = (workflow, run, options = {}) =>
  withEditor(async (editor) => {
    const id = await openWorkflow(editor, workflow);
    const other = await startBrowser(editor.service, {
      ...options,
      apart: true,
      cookies: await editor.context.cookies(),
    });
    try {
      await other.page.goto(`${editor.origin}/workflows/${id}`);
      await other.page.waitForSelector(".react-flow__node");
      await Promise.all([saved(editor.page), saved(other.page)]);
      await callMe(editor.page, "Ada");
      await callMe(other.page, "Grace Hopper");
      await editor.page.waitForSelector('[aria-label="Follow Grace Hopper"]');
      await other.page.waitForSelector('[aria-label="Follow Ada"]');
      await run({ ...editor, id, one: editor.page, two: other.page });
      const faults = other.faults.filter((fault) => !(options.expected ?? []).some((word) => fault.includes(word)));
      assert.deepEqual(faults, [], "the second page complained");
    } finally {
      await other.close();
    }
  }, options);

async function callMe(page, name) {
  await page.click(".person.me");
  await page.fill(".people-me input:not([type=checkbox])", name);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".people-me", { state: "detached" });
  await saved(page);
}
