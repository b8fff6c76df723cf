/** One evening of working together, from the first letter to the edit that broke a run: two windows, the AI, and a program. */
import assert from "node:assert/strict";
import { startAiFake } from "./aiFake.mjs";
import { test } from "./attempt.mjs";
import { ids, MOD, node, saved, stillness, stored } from "./editor.mjs";
import { joinRoom, until } from "./hand.mjs";
import { api } from "./harness.mjs";
import { proposal } from "./proposals.mjs";
import { changed } from "./sum.mjs";
import { withTwo } from "./two.mjs";

const PRICES = changed("let sum = input.a + input.b;\nsum");

/** The AI doubles the sum in the code as it reads it, and notes the result in a node of its own. */
let read = "";
const PARTS = [
  { id: 1, title: "Change Total", needs: [], edits: [0] },
  { id: 2, title: "Add Note it", needs: [], edits: [1, 2] },
];
const doubled = () => [
  { edit: "setParam", node: "total", pointer: "/code", value: read.replace(/\bsum\b(?! =)/, "sum * 2") },
  { edit: "addNode", node: { id: "note", type: "log", name: "Note it", params: { message: "{{ input }}" } } },
  { edit: "connect", edge: { source: "tell", target: "note" } },
];

const answers = (service) =>
  startAiFake(service, {
    turn: ({ hash }) => [
      [0, "proposal", proposal(PRICES.id, hash, { title: "Doubled", patch: doubled(), parts: PARTS })],
    ],
    explain: () => ({}),
    heal: () => ({}),
    receipts: [],
  });

/** The code that a window shows, without the carets of others in it. */
const codeIn = (page) =>
  page.$$eval(".inspector .script .cm-line", (lines) =>
    lines
      .map((line) => {
        const bare = line.cloneNode(true);
        bare.querySelectorAll(".cm-ySelectionCaret").forEach((caret) => caret.remove());
        return bare.textContent;
      })
      .join("\n"),
  );

/** What is typed after a pause is a step of its own to take back. */
const PAUSE_MS = 700;

async function typeAt(page, key, text) {
  await page.waitForTimeout(PAUSE_MS);
  await page.click(".inspector .script .cm-content");
  await page.keyboard.press(key);
  await page.keyboard.type(text);
}

test(
  "one evening: two windows, a program, no network for a while, the AI, undo, and what broke",
  { timeout: 120_000 },
  () =>
    withTwo(
      PRICES,
      async ({ one, two, id, origin, context, service }) => {
        const run = async () =>
          (await api(one, "POST", `/workflows/${id}/runs?wait=true`, { input: { a: 1, b: 2 } })).runId;
        const first = await run();
        const [cookie] = await context.cookies();
        const hand = await joinRoom(service, `${cookie.name}=${cookie.value}`, id, { name: "A script" });
        const nodes = hand.doc.getMap("nodes");
        const code = nodes.get("total").get("params").get("code");

        // All three at once.
        for (const page of [one, two]) await page.click(`${node("total")} .step-title`);
        await Promise.all([
          one.fill(".workflow-name", "Prices, together"),
          typeAt(two, `${MOD}+Home`, "// by Grace\n"),
          nodes.get("tell").set("name", "Told by a script"),
        ]);
        await until(async () => code.toString().startsWith("// by Grace\n"));
        await one.waitForSelector(`${node("tell")}:has-text("Told by a script")`);

        // One is without a network, and comes back.
        await two.context().setOffline(true);
        await two.evaluate(() => window.dispatchEvent(new Event("offline")));
        await typeAt(two, `${MOD}+End`, " // far away");
        await typeAt(one, `${MOD}+Home`, "// by Ada\n");
        await saved(one);
        assert.doesNotMatch(code.toString(), /far away/);
        await two.context().setOffline(false);
        await until(async () => code.toString().endsWith("sum // far away"));
        await two.waitForSelector('.inspector .script .cm-line:has-text("// by Ada")');

        read = code.toString();
        // One accepts what the AI proposes while the other types in the same code.
        await one.keyboard.press(`${MOD}+i`);
        await one.waitForSelector('[aria-label="Message"]:focus');
        await one.fill('[aria-label="Message"]', "double it");
        await one.keyboard.press("Enter");
        await one.waitForSelector(".review");
        await Promise.all([typeAt(two, `${MOD}+Home`, "// while the AI works\n"), one.keyboard.press("Alt+Enter")]);
        await two.waitForSelector(node("note"));
        await until(async () => code.toString().includes("// while the AI works\n"));
        assert.match(code.toString(), /sum \* 2/);

        // Each takes back their own.
        await one.click('.said-box button:has-text("Undo")');
        await two.waitForSelector(node("note"), { state: "detached" });
        assert.equal(code.toString(), `// while the AI works\n${read}`);
        await two.click(".inspector .script .cm-content");
        await two.keyboard.press(`${MOD}+z`);
        await until(async () => !code.toString().includes("while the AI works"));

        // All are equal.
        await Promise.all([saved(one), saved(two)]);
        const kept = await stored(one, id);
        assert.deepEqual(ids(kept), ["start", "total", "tell"]);
        assert.equal(kept.name, "Prices, together");
        assert.equal(kept.graph.nodes[2].name, "Told by a script");
        assert.equal(kept.graph.nodes[1].params.code, code.toString());
        assert.match(code.toString(), /^\/\/ by Ada\n\/\/ by Grace\nlet sum = input.a \+ input.b;\nsum \/\/ far away$/);
        for (const page of [one, two]) {
          await page.click(`${node("total")} .step-title`);
          assert.equal(await codeIn(page), code.toString());
        }

        // What broke it, and who.
        code.delete(0, code.length);
        code.insert(0, "input.a + input.gone.long.ago");
        await until(async () => (await stored(one, id)).graph.nodes[1].params.code.includes("gone"));
        const failed = await run();
        hand.leave();
        await one.goto(`${origin}/runs/${failed}?diff=${first}`);
        await one.click('.diff-line:has-text("Who changed what")');
        await one.waitForSelector('.diff-open .by:has-text("Total: code")');
        await one.waitForSelector('.diff-open .by:has-text("Grace Hopper")');
        await one.goto(`${origin}/runs/${first}`);
        await stillness(one);
        await one.waitForSelector(`${node("tell")}:has-text("Tell")`);
        await one.goto(`${origin}/runs/${failed}`);
        await one.waitForSelector(".run-slider");
        await one.click('.run-tools [title="Find the edit that broke it…"]');
        // As good is known what it was before the last edit; what the AI did had been taken back.
        await one.selectOption("[role=dialog] select >> nth=0", { index: 1 });
        await one.click('[role=dialog] button:has-text("Find it")');
        await one.waitForSelector('.bisect-found .ai-changes:has-text("input.gone.long.ago")');
        await one.waitForSelector('.bisect-found .by:has-text("A script")');
      },
      { before: answers, expected: ["ERR_INTERNET_DISCONNECTED"] },
    ),
);
