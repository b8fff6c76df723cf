/** How every screen looks, and whether everybody can use it: axe, in light and dark, wide and narrow. */
import { MOD, node, openWorkflow, stillness } from "./editor.mjs";
import { api } from "./harness.mjs";
import { looks } from "./looks.mjs";

const SAMPLE = {
  id: "sample",
  name: "Order total",
  tags: ["demo"],
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      {
        id: "fetch",
        type: "http.request",
        name: "Fetch orders",
        params: { method: "GET", url: "https://api.example.com/orders" },
        position: { x: 288, y: 96 },
      },
      { id: "each", type: "flow.for_each", params: { items: "{{ input.body.orders }}" }, position: { x: 576, y: 0 } },
      {
        id: "price",
        type: "code.rhai",
        name: "Price",
        params: { code: "item.price * item.quantity" },
        parent: "each",
        position: { x: 24, y: 72 },
      },
      { id: "large", type: "flow.if", params: { condition: "{{ input.total > 100 }}" }, position: { x: 960, y: 96 } },
      { id: "yes", type: "flow.approve", params: { message: "Pay it?" }, position: { x: 1264, y: 0 } },
      { id: "no", type: "log", disabled: true, params: { message: "too small" }, position: { x: 1264, y: 192 } },
    ],
    edges: [
      { source: "start", target: "fetch" },
      { source: "fetch", target: "each" },
      { source: "each", target: "large" },
      { source: "large", sourcePort: "true", target: "yes" },
      { source: "large", sourcePort: "false", target: "no" },
    ],
    notes: [{ id: "n", text: "Prices are in cents.", x: 288, y: 232, width: 200, height: 72, color: "yellow" }],
    groups: [{ id: "g", title: "After the total", nodes: ["yes", "no"], color: "stone" }],
  },
};

looks("every screen", async (editor) => {
  const { page, origin, seen } = editor;
  await page.goto(origin);
  await page.waitForSelector(".blank, table");
  await seen("first");
  await openWorkflow(editor, SAMPLE);
  await seen("editor");
  for (const density of ["detailed", "compact"]) {
    await page.click(node("fetch"));
    await page.keyboard.press("v");
    await stillness(page);
    await seen(density);
  }
  await page.keyboard.press("v");
  await page.keyboard.press("Tab");
  await page.waitForSelector(".palette");
  await seen("palette");
  await page.keyboard.press("Escape");
  await page.keyboard.press(`${MOD}+k`);
  await page.waitForSelector(".commands [cmdk-item]");
  await seen("commands");
  await page.keyboard.press("Escape");
  await page.click('[aria-label="Run with an input"]');
  await seen("run-input");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.waitForSelector("[role=dialog] kbd");
  await seen("help");
  await page.keyboard.press("Escape");
  await api(page, "POST", "/workflows", {
    id: "other",
    name: "Something else",
    graph: { nodes: [], edges: [] },
  });
  await page.goto(origin);
  await page.waitForSelector("table");
  await seen("list");
  await page.click('button:has-text("Import")');
  await page.waitForSelector(".import");
  await seen("import");
});
