/** The AI of the service itself with a language model, which says what tests/models/editor.yaml says. */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import { ids, MOD, node, openWorkflow, saved, stillness, stored, wires, withEditor } from "./editor.mjs";
import { api } from "./harness.mjs";
import { startModel } from "./model.mjs";

async function withModel(run) {
  const model = await startModel("editor.yaml");
  try {
    await withEditor((editor) => run({ ...editor, model }), { env: model.env });
  } finally {
    await model.stop();
  }
}

const SHOP = {
  id: "shop",
  name: "Shop",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      {
        id: "orders",
        type: "code.rhai",
        name: "Orders",
        params: { code: "[#{ id: 1, total: 50 }, #{ id: 2, total: 150 }, #{ id: 3, total: 900 }]" },
        position: { x: 288, y: 96 },
      },
    ],
    edges: [{ source: "start", target: "orders" }],
  },
};

async function ask(page, text) {
  if (!(await page.locator('[aria-label="Message"]').isVisible())) await page.keyboard.press(`${MOD}+i`);
  await page.fill('[aria-label="Message"]', text);
  await page.keyboard.press("Enter");
}

/** The texts that an element had, one after the other, until `until` is there. */
async function growth(page, selector, until) {
  return page.evaluate(
    ([selector, until]) =>
      new Promise((resolve) => {
        const seen = [];
        const late = performance.now() + 10_000;
        const look = () => {
          const text = document.querySelector(selector)?.textContent ?? "";
          if (text && seen.at(-1) !== text) seen.push(text);
          if (document.querySelector(until) || performance.now() > late) resolve(seen);
          else requestAnimationFrame(look);
        };
        look();
      }),
    [selector, until],
  );
}

const isGrowing = (texts) => texts.every((text, at) => at === 0 || text.startsWith(texts[at - 1]));
const ghosts = (page) =>
  page.$$eval(".react-flow__node [data-ghost]", (all) =>
    Object.fromEntries(all.map((e) => [e.closest(".react-flow__node").dataset.id, e.dataset.ghost])),
  );
async function accept(page) {
  await page.keyboard.press("Alt+Enter");
  await page.waitForSelector(".review", { state: "detached" });
  await saved(page);
}
/** Until the answer is whole. */
const answered = (page) => page.waitForSelector('[aria-label="Send"]');
async function undo(page) {
  await page.locator(".react-flow__pane").click({ position: { x: 30, y: 500 } });
  await page.keyboard.press(`${MOD}+z`);
}

test("words stream, a proposal stands as ghosts, is accepted by key, undone exactly, refined, and taken in half", () =>
  withModel(async (editor) => {
    const { page, model } = editor;
    await openWorkflow(editor, SHOP);
    const before = await stored(page, "shop");
    await ask(page, "keep the orders over a hundred");
    const words = await growth(page, ".ai-turn .ai-answer", ".review");
    assert.ok(words.length >= 4 && isGrowing(words), words.join("|"));
    await answered(page);
    await stillness(page);
    assert.deepEqual(await ghosts(page), { large: "added" });
    assert.deepEqual(await stored(page, "shop"), before, "nothing is made before it is accepted");

    await accept(page);
    const made = await stored(page, "shop");
    assert.deepEqual(ids(made), ["start", "orders", "large"]);
    assert.deepEqual(wires(made), ["start.out>orders.in", "orders.out>large.in"]);
    await undo(page);
    await page.waitForSelector(node("large"), { state: "detached" });
    assert.deepEqual(await stored(page, "shop"), before);
    await page.keyboard.press(`${MOD}+Shift+z`);
    await page.waitForSelector(node("large"));
    assert.deepEqual(await stored(page, "shop"), made);

    await ask(page, "make that five hundred");
    await page.waitForSelector(".review");
    await answered(page);
    assert.deepEqual(await ghosts(page), { large: "changed" });
    const talk = JSON.stringify((await model.asked()).at(-1).body.messages);
    assert.ok(
      talk.includes("over a hundred") && talk.includes("five hundred"),
      "the first turn is known in the second",
    );
    await accept(page);
    assert.match((await stored(page, "shop")).graph.nodes[2].params.code, /> 500/);

    await ask(page, "also tell sales and the archive");
    await page.waitForSelector(".review");
    await answered(page);
    await stillness(page);
    assert.deepEqual(await ghosts(page), { sales: "added", archive: "added" });
    await page.keyboard.press("Shift+F7");
    await page.keyboard.press("F8");
    await page.waitForSelector('.review:has-text("1 taken")');
    assert.equal(Object.keys(await ghosts(page)).length, 1);
    await accept(page);
    assert.deepEqual(ids(await stored(page, "shop")), ["start", "orders", "large", "sales"]);

    await page.waitForSelector('.ai-turn:last-of-type .ai-receipt:has-text("scripted"):has-text("$0.0027")');
    const { runId } = await api(page, "POST", "/workflows/shop/runs?wait=true", { input: {} });
    assert.equal((await api(page, "GET", `/runs/${runId}`)).status, "COMPLETED");
  }));

test("while a model answers a node, its words grow on the node and in its frame", () =>
  withModel(async (editor) => {
    const { page, origin } = editor;
    await openWorkflow(editor, {
      id: "greeting",
      graph: {
        nodes: [
          { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
          { id: "greet", type: "ai.prompt", params: { prompt: "Greet {{ input.name }}" }, position: { x: 288, y: 96 } },
        ],
        edges: [{ source: "start", target: "greet" }],
      },
    });
    const { runId } = await api(page, "POST", "/workflows/greeting/runs", { input: { name: "Ann" } });
    await page.goto(`${origin}/runs/${runId}?node=greet`);
    const done = `${node("greet")} [data-status="COMPLETED"]`;
    const [onNode, inFrame] = await Promise.all([
      growth(page, `${node("greet")} [data-speaking]`, done),
      growth(page, ".run-words", done),
    ]);
    for (const words of [onNode, inFrame]) assert.ok(words.length >= 3 && isGrowing(words), words.join("|"));
    await page.waitForSelector('.run-frame:has-text("Good morning, Ann, and welcome to a day without any haste.")');
    assert.equal(await page.locator("[data-speaking], .run-words").count(), 0, "the answer is recorded now");
  }));
