/** How the AI panel looks, and whether everybody can use it: axe, in light and dark, wide and narrow. */
import { startAiFake } from "./aiFake.mjs";
import { MOD, node, openWorkflow, stillness } from "./editor.mjs";
import { api } from "./harness.mjs";
import { looks } from "./looks.mjs";
import { alerts, healed, ORDERS, PRICES, RECEIPTS } from "./proposals.mjs";
import { openRun } from "./runs.mjs";

const token = (text) => [0, "token", { text }];
const tool = (name, about) => [0, "tool", { name, about, ok: true }];
const PLAY = {
  receipts: RECEIPTS,
  turn: ({ text, hash }) =>
    text.includes("alert")
      ? [
          tool("search_nodes", "compare a number, post"),
          tool("read_graph", "4 nodes"),
          token("I compare the total with 100 and post it when it is larger."),
          [0, "proposal", alerts(hash)],
        ]
      : [[0, "question", { text: "Where should the alert go?", choices: ["An HTTP address", "A file", "The log"] }]],
  heal: (run, { frame }) => healed(run, frame ?? 3, "base"),
  explain: () => ({
    by: "large/careful",
    receipt: RECEIPTS[0],
    sentences: [
      { text: "A person starts it by hand.", about: { node: "start" } },
      { text: "It fetches the orders from api.example.com.", about: { node: "fetch" } },
      { text: "Their prices are added up.", about: { node: "total" } },
    ],
  }),
};

looks(
  "the AI panel",
  async (editor) => {
    const { page, fake, origin, seen } = editor;
    const say = async (text) => {
      await page.fill('[aria-label="Message"]', text);
      await page.keyboard.press("Enter");
    };
    fake.state.mode = "planner";
    await openWorkflow(editor, ORDERS);
    await page.locator(node("total")).click();
    await page.keyboard.press(`${MOD}+i`);
    await page.waitForSelector(".ai-mode");
    await seen("ai-begin");
    fake.state.mode = "model";
    await page.reload();
    await page.waitForSelector(node("start"));
    await page.keyboard.press(`${MOD}+i`);
    await page.waitForSelector('[aria-label="Message"]:focus');
    await say("tell somebody");
    await page.waitForSelector(".ai-question");
    await seen("ai-question");
    await say("post an alert when the total is large");
    await page.waitForSelector(".review");
    await stillness(page);
    await seen("ai-review");
    for (const _ of [1, 2, 3]) await page.keyboard.press("F7");
    await page.waitForSelector(".ai-diff .cm-changedLine");
    await page.keyboard.press("F8");
    await seen("ai-part");
    await page.keyboard.press("F8");
    await page.keyboard.press("Alt+Enter");
    await page.waitForSelector(".ai-outcome");
    await seen("ai-applied");
    await page.click('.ai-head [aria-label="Chats of this workflow"]');
    await page.waitForSelector(".ai-chat-row");
    await seen("ai-history");
    await page.click('[aria-label="Explain this workflow"]');
    await page.waitForSelector(".ai-sentence");
    await seen("ai-explain");
    await api(page, "POST", "/workflows", PRICES);
    const { runId } = await api(page, "POST", "/workflows/prices/runs?wait=true", { input: { id: 1, cost: 5 } });
    await openRun(editor, runId);
    await page.keyboard.press("]");
    await page.keyboard.press("h");
    await page.waitForSelector(".ai-proof");
    await page.click('.ai-link:has-text("see")');
    await page.waitForSelector(".ai-diff .cm-deletedChunk");
    await stillness(page);
    await seen("ai-fix");
    await page.goto(`${origin}/settings`);
    await page.waitForSelector("#ai-model-draft");
    await seen("ai-settings");
    await page.goto(`${origin}/workflows/orders`);
    await page.locator(node("total")).click();
    await page.waitForSelector(".describe");
    await seen("ai-describe");
  },
  { before: (service) => startAiFake(service, PLAY) },
);
