/** Takes the pictures of the README from the example workspace: `npm run pictures`, with FLOWFORGE_BIN. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MOD, openWorkflow, withEditor } from "./editor.mjs";
import { api, stopBrowsers } from "./harness.mjs";

const FOLDER = join(fileURLToPath(new URL(".", import.meta.url)), "../../pictures");
const SETTLE_MS = 1500;

/** A list that is called otherwise one day. */
const TOTALS = {
  id: "totals",
  name: "Order totals",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      {
        id: "sum",
        type: "code.rhai",
        name: "Sum",
        params: { code: "sum(input.orders.map(|o| o.total))" },
        onError: "pause",
        position: { x: 288, y: 96 },
      },
    ],
    edges: [{ source: "start", target: "sum" }],
  },
};

await mkdir(FOLDER, { recursive: true });
await withEditor(
  async (editor) => {
    const { page, origin } = editor;
    const picture = async (name) => {
      await page.waitForTimeout(SETTLE_MS);
      await page.screenshot({ path: join(FOLDER, `${name}.png`) });
    };
    await page.waitForTimeout(SETTLE_MS);
    const { items } = await api(page, "GET", "/runs?workflow=example-failure");
    const failed = items.find((run) => run.status === "FAILED");
    const mended = items.find((run) => run.forkOf?.run === failed.run);

    await page.goto(`${origin}/workflows/example-orders`);
    await page.locator('.react-flow__node[data-id="total"]').click();
    await picture("editor");
    await page.goto(`${origin}/runs/${failed.run}`);
    await page.waitForTimeout(SETTLE_MS);
    await page.keyboard.press("End");
    // From the loop that failed to the step in it that did.
    await page.keyboard.press("[");
    await page.keyboard.press("[");
    await picture("scrub");
    await page.keyboard.press("f");
    await picture("fork");
    await page.goto(`${origin}/runs/${mended.run}?diff=${failed.run}`);
    await picture("diff");
    await page.goto(`${origin}/dashboard`);
    await picture("dashboard");

    await openWorkflow(editor, { id: "alerts", name: "Large orders", graph: { nodes: [], edges: [] } });
    await page.keyboard.press(`${MOD}+i`);
    await page.fill(
      '[aria-label="Message"]',
      "every hour get https://shop.example.com/orders, keep those with total over 100, and post them to https://chat.example.com/alerts",
    );
    await page.keyboard.press("Enter");
    await page.waitForSelector(".review");
    // Wide enough for three panes.
    await page.setViewportSize({ width: 1440, height: 760 });
    await page.waitForTimeout(SETTLE_MS);
    await page.click('[aria-label="Show all"]');
    await picture("chat");
    await page.setViewportSize({ width: 1200, height: 760 });

    await api(page, "POST", "/workflows", TOTALS);
    const total = (field, total) => ({ input: { [field]: [{ total }, { total: 12 }] } });
    for (const good of [30, 4, 51]) await api(page, "POST", "/workflows/totals/runs?wait=true", total("orders", good));
    const bad = [7, 80, 19].map((bad) => api(page, "POST", "/workflows/totals/runs", total("items", bad)));
    const [{ runId }] = await Promise.all(bad);
    await page.waitForTimeout(SETTLE_MS);
    await page.goto(`${origin}/runs/${runId}`);
    await page.click(".run-fix");
    await page.waitForSelector(".review");
    await picture("fix");
  },
  { width: 1200, height: 760 },
);
await stopBrowsers();
