/** A script becomes a node type of the workspace: tested on what was recorded, then in the palette of every workflow. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "./attempt.mjs";
import { node, openWorkflow, pick, saved, stored, withEditor } from "./editor.mjs";
import { api } from "./harness.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const PRICES = {
  id: "prices",
  name: "Prices",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 0 } },
      {
        id: "half",
        type: "code.rhai",
        name: "Half price",
        params: { code: "input.price / 2" },
        position: { x: 280, y: 0 },
      },
    ],
    edges: [{ source: "start", target: "half" }],
  },
};
const run = async (page, id, input) => (await api(page, "POST", `/workflows/${id}/runs?wait=true`, { input })).output;
const openDialog = async (page) => {
  await page.click(node("half"));
  await page.click('button:has-text("Make it a node type…")');
  await page.waitForSelector(".make-type-form");
};

test("a script is made a node type and placed in another workflow", () =>
  withEditor(
    async (editor) => {
      const { page, origin } = editor;
      await openWorkflow(editor, PRICES);
      await openDialog(page);
      await page.waitForSelector('.make-type-wrong:has-text("nothing was recorded of `half`")');
      assert.ok(await page.isDisabled('button:text-is("Make node type")'), "what has no test is not made");
      await page.keyboard.press("Escape");

      assert.equal(await run(page, "prices", { price: 8 }), 4);
      await openDialog(page);
      await page.waitForSelector(".make-type-tests li:has-text('{\"price\":8} gives 4')");
      assert.equal(await page.inputValue("text=Name in files >> .. >> input"), "half-price");
      await page.evaluate(await readFile(AXE, "utf8"));
      const { violations } = await page.evaluate(() => window.axe.run(".dialog", { resultTypes: ["violations"] }));
      assert.deepEqual(
        violations.map(({ id }) => id),
        [],
      );
      await page.click('button:text-is("Make node type")');
      await page.waitForSelector('.said-box:has-text("“Half price” is in the palette, version 1")');

      await openWorkflow(editor, {
        id: "sale",
        name: "Sale",
        graph: { nodes: [{ id: "start", type: "trigger.manual", position: { x: 0, y: 0 } }], edges: [] },
      });
      await page.click(node("start"));
      await page.keyboard.press("Tab");
      await pick(page, "half", "Half price");
      const sale = await stored(page, "sale");
      assert.deepEqual(sale.nodeTypes, {
        "workspace.half-price": { version: 1, title: "Half price", code: "input.price / 2" },
      });
      assert.equal(sale.graph.nodes[1].type, "workspace.half-price");
      assert.equal(await run(page, "sale", { price: 10 }), 5);

      const next = { ...PRICES, graph: { nodes: [{ ...PRICES.graph.nodes[1], params: { code: "input.price / 4" } }] } };
      await api(page, "POST", "/node-types", {
        workflow: "prices",
        draft: next,
        node: "half",
        name: "half-price",
        title: "Half price",
        examples: [{ input: { price: 8 }, output: 2 }],
      });
      assert.equal(await run(page, "sale", { price: 20 }), 10, "what was saved keeps its version");
      await page.goto(`${origin}/workflows/sale`);
      await page.click(node(sale.graph.nodes[1].id));
      await page.waitForSelector('.held-type:has-text("Version 1")');
      await page.click('button:text-is("Update to version 2")');
      await page.waitForSelector('.held-type:has-text("Version 2")');
      await saved(page);
      assert.equal((await stored(page, "sale")).nodeTypes["workspace.half-price"].version, 2);
      assert.equal(await run(page, "sale", { price: 20 }), 5);
    },
    { expected: ["422"] },
  ));
