/** The AI of the service itself, as it is without a model: the built-in planner, and fixes by rules with their proof. */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import { ids, MOD, node, openWorkflow, saved, stillness, stored, withEditor } from "./editor.mjs";
import { api } from "./harness.mjs";
import { openRun } from "./runs.mjs";
import { startShop } from "./shop.mjs";

async function withShop(run) {
  const shop = await startShop();
  try {
    await withEditor((editor) => run({ ...editor, shop }), { allow: [shop.host] });
  } finally {
    shop.stop();
  }
}

const versions = async (page, id) => (await api(page, "GET", `/workflows/${id}/versions`)).items.length;
const ghosts = (page) => page.locator(".react-flow__node [data-ghost=added]").count();

async function ask(page, text) {
  if (!(await page.locator('[aria-label="Message"]').isVisible())) await page.keyboard.press(`${MOD}+i`);
  await page.fill('[aria-label="Message"]', text);
  await page.keyboard.press("Enter");
}

/** Waits until the page would have saved a version of its own. */
const rest = (page) => page.waitForTimeout(1500);

test("with no key, a sentence becomes a workflow that runs", () =>
  withShop(async ({ page, origin, shop, ...editor }) => {
    await openWorkflow({ page, origin, ...editor }, { id: "alerts", name: "Alerts", graph: { nodes: [], edges: [] } });
    const empty = await stored(page, "alerts");
    await ask(
      page,
      `every hour get ${shop.origin}/orders, keep those with total over 100, and post them to ${shop.origin}/alerts`,
    );
    await page.waitForSelector('.ai-mode:has-text("Built-in planner (no model)")');
    await page.waitForSelector(".review");
    await page.waitForSelector(`.review [data-kind="host"]:has-text("${shop.host}")`);
    await stillness(page);
    const count = await ghosts(page);
    assert.ok(count >= 4, `${count}`);
    assert.deepEqual(ids(await stored(page, "alerts")), [], "nothing is made before it is accepted");
    const before = await versions(page, "alerts");
    await page.keyboard.press("Alt+Enter");
    await page.waitForSelector(".ai-outcome");
    await saved(page);
    await rest(page);
    const made = await stored(page, "alerts");
    assert.equal(made.graph.nodes.length, count);
    assert.equal(await versions(page, "alerts"), before + 1, "the page saved no version of its own");
    await page.locator(".react-flow__pane").click({ position: { x: 30, y: 500 } });
    await page.keyboard.press(`${MOD}+z`);
    await page.waitForSelector(".canvas-empty");
    assert.deepEqual(await stored(page, "alerts"), empty);
    await page.keyboard.press(`${MOD}+Shift+z`);
    await page.waitForSelector(node(made.graph.nodes[0].id));
    assert.deepEqual(await stored(page, "alerts"), made);
    await page.waitForSelector('.saved:has-text("No problems")');
    assert.deepEqual(shop.asked, [], "nothing was called until now");
    const { runId } = await api(page, "POST", "/workflows/alerts/runs?wait=true", { input: {} });
    assert.equal((await api(page, "GET", `/runs/${runId}`)).status, "COMPLETED");
    assert.ok(shop.alerts.length > 0, shop.asked.join());
    const sent = JSON.stringify(shop.alerts);
    assert.ok(sent.includes('"id":2') && sent.includes('"id":3') && !sent.includes('"id":1'), sent);
  }));

test("half of what the planner proposes is taken, and the chat goes on", () =>
  withShop(async ({ page, origin, shop, ...editor }) => {
    await openWorkflow({ page, origin, ...editor }, { id: "half", graph: { nodes: [], edges: [] } });
    await ask(
      page,
      `every hour get ${shop.origin}/orders, keep those with total over 100, and post them to ${shop.origin}/alerts`,
    );
    await page.waitForSelector(".review");
    const parts = await page.locator(".ai-part").count();
    assert.ok(parts >= 3, `${parts}`);
    await page.keyboard.press("Shift+F7");
    await page.keyboard.press("F8");
    await page.waitForSelector(`.review:has-text("${parts - 1} taken")`);
    const before = await versions(page, "half");
    await page.keyboard.press("Alt+Enter");
    await page.waitForSelector(".ai-outcome");
    await rest(page);
    assert.equal(await versions(page, "half"), before + 1);
    const now = await stored(page, "half");
    assert.ok(!JSON.stringify(now).includes("/alerts"));
    await ask(page, "then log the result");
    await page.waitForSelector(".ai-turn >> nth=1");
    await page.waitForSelector('[aria-label="Send"]');
    await page.click('[aria-label="Chats of this workflow"]');
    await page.waitForSelector('.ai-chat-row:has-text("2 turns")');
    await page.fill('[aria-label="Search the chats"]', "log the result");
    await page.waitForSelector(".ai-chat-row");
    await page.fill('[aria-label="Search the chats"]', "no such words");
    await page.waitForSelector('.ai-room:has-text("No chat has")');
  }));

test("a proposal is refused, with the reason, when what it rests on has changed", () =>
  withEditor(
    async (editor) => {
      const { page } = editor;
      await openWorkflow(editor, { id: "stale", graph: { nodes: [], edges: [] } });
      await ask(page, "every hour get https://api.example.com/orders and log them");
      await page.waitForSelector(".review");
      const first = await page.getAttribute(".react-flow__node:has([data-ghost=added])", "data-id");
      const { hash } = await api(page, "PUT", "/workflows/stale", {
        id: "stale",
        graph: { nodes: [{ id: first, type: "trigger.manual" }], edges: [] },
      });
      assert.ok(hash);
      await page.waitForSelector('.review:has-text("The workflow has changed since this was proposed")');
      await page.keyboard.press("Alt+Enter");
      await page.waitForSelector(".ai-proposal .ai-problem");
      assert.match(await page.textContent(".ai-proposal .ai-problem"), new RegExp(first));
      assert.deepEqual(ids(await stored(page, "stale")), [first]);
      await page.click('.ai-problem button:has-text("Ask again")');
      await page.waitForSelector(".ai-turn >> nth=1");
    },
    { expected: ["409"] },
  ));

const HEALED = (origin) => ({
  id: "sums",
  name: "Sums",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      { id: "fetch", type: "http.request", params: { url: `${origin}/list` }, position: { x: 288, y: 96 } },
      {
        id: "sum",
        type: "code.rhai",
        name: "Sum",
        params: { code: "sum(input.body.orders.map(|o| o.total))" },
        onError: "pause",
        position: { x: 576, y: 96 },
      },
    ],
    edges: [
      { source: "start", target: "fetch" },
      { source: "fetch", target: "sum" },
    ],
  },
});

/** A workflow that ran well three times, and `bad` runs that wait since the shop has another name for its list. */
async function broken({ page, shop }, bad) {
  await api(page, "POST", "/workflows", HEALED(shop.origin));
  const start = async (status) => {
    const { runId } = await api(page, "POST", "/workflows/sums/runs", { input: {} });
    await until(page, runId, status);
    return runId;
  };
  for (let good = 0; good < 3; good++) await start("COMPLETED");
  shop.list = "items";
  const runs = [];
  while (runs.length < bad) runs.push(await start("WAITING"));
  return runs;
}

async function until(page, run, wanted) {
  for (let tries = 0; ; tries++) {
    const { status } = await api(page, "GET", `/runs/${run}`);
    if (status === wanted) return;
    assert.ok(tries < 100, `${run} is ${status}, not ${wanted}`);
    await page.waitForTimeout(50);
  }
}

test("a renamed list: the run pauses, a fix comes with its proof, and the run goes on", () =>
  withShop(async (editor) => {
    const { page, shop } = editor;
    const [run] = await broken(editor, 1);
    const asked = shop.asked.length;
    await openRun(editor, run);
    await page.click(".run-fix");
    await page.waitForSelector(".ai-diagnosis");
    await page.waitForSelector('.ai-proof tr:has-text("fixes"):has-text("1/1")');
    await page.waitForSelector('.ai-proof tr:has-text("keeps"):has-text("3/3")');
    await page.waitForSelector(`${node("sum")} [data-ghost="changed"]`);
    await page.waitForSelector(".review");
    assert.equal(shop.asked.length, asked, "a proof calls nobody");
    await page.keyboard.press("Alt+Enter");
    await page.waitForSelector('.ai-outcome:has-text("The run goes on")');
    await until(page, run, "COMPLETED");
    await page.waitForSelector(`${node("sum")} [data-status="COMPLETED"]`);
    await page.waitForSelector('.saved:has-text("Completed")');
    assert.equal(shop.asked.length, asked, "what was fetched once is not fetched again");
  }));

test("an accepted fix lets three other runs go on, first one, then all", () =>
  withShop(async (editor) => {
    const { page, shop } = editor;
    const runs = await broken(editor, 4);
    const asked = shop.asked.length;
    await openRun(editor, runs[0]);
    await page.click(".run-fix");
    await page.click('.ai-decide .button.primary:has-text("Accept and go on")');
    await page.waitForSelector('.ai-others:has-text("3 other runs")');
    await page.click('.ai-others button:has-text("Resume 1")');
    await page.waitForSelector('.ai-others:has-text("2 other runs")');
    await page.click('.ai-others button:has-text("Resume all 2")');
    await page.waitForSelector('.ai-others:has-text("All of them were resumed.")');
    for (const run of runs) await until(page, run, "COMPLETED");
    assert.equal(shop.asked.length, asked, "what was fetched once is not fetched again");
  }));

test("a fix is accepted in the editor, and undone there", () =>
  withShop(async (editor) => {
    const { page, origin } = editor;
    await broken(editor, 1);
    const before = await api(page, "GET", "/workflows/sums");
    await page.goto(`${origin}/workflows/sums`);
    await page.waitForSelector(node("sum"));
    await page.keyboard.press(`${MOD}+Enter`);
    await page.waitForSelector(`${node("sum")} .step-fix`);
    const count = await versions(page, "sums");
    await page.click(`${node("sum")} .step-fix`);
    await page.waitForSelector(".review");
    await page.keyboard.press("Alt+Enter");
    await page.waitForSelector('.ai-outcome:has-text("The run goes on")');
    await page.waitForSelector(`${node("sum")} [data-status="COMPLETED"]`);
    await saved(page);
    await rest(page);
    assert.equal(await versions(page, "sums"), count + 1, "the page saved no version of its own");
    await page.click('.ai-outcome .ai-link:has-text("Take it back")');
    await page.waitForSelector('.ai-proposal:has-text("Taken back.")');
    assert.deepEqual(await stored(page, "sums"), before);
  }));

test("a workflow and a failed frame are explained by rules, and the sentences lead there", () =>
  withShop(async (editor) => {
    const { page, origin } = editor;
    const [run] = await broken(editor, 1);
    await page.goto(`${origin}/workflows/sums`);
    await page.waitForSelector(node("sum"));
    await page.keyboard.press(`${MOD}+i`);
    await page.click('[aria-label="Explain this workflow"]');
    await page.click('.ai-sentence:has-text("fetch")');
    await page.waitForSelector(".react-flow__node.selected, .step.selected");
    await page.waitForSelector('.ai-receipt:has-text("By built-in rules")');
    await openRun(editor, run);
    await page.click('.run-frame .mini:has-text("Explain")');
    await page.waitForSelector(".ai-sentences li");
  }));

test("the settings of a service without a model", () =>
  withEditor(async ({ page, origin }) => {
    await page.goto(`${origin}/settings`);
    await page.waitForSelector('.settings:has-text("Built-in planner (no model)")');
    await page.waitForSelector('.settings:has-text("None is set")');
    await page.fill("#ai-limit-dayUsd", "2.5");
    await page.keyboard.press("Enter");
    await page.reload();
    await page.waitForSelector('#ai-limit-dayUsd[value="2.5"]');
    assert.equal(await page.inputValue("#ai-limit-runUsd"), "1");
  }));
