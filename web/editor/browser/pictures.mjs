/** Takes the pictures of the README from the example workspace: `npm run pictures`, with FLOWFORGE_BIN. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withEditor } from "./editor.mjs";
import { api } from "./harness.mjs";

const FOLDER = join(fileURLToPath(new URL(".", import.meta.url)), "../../pictures");
const SETTLE_MS = 1500;

await mkdir(FOLDER, { recursive: true });
await withEditor(
  async ({ page, origin }) => {
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
  },
  { width: 1200, height: 760 },
);
