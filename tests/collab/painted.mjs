/** How soon a browser shows a workflow: from the click in the list of workflows until something of it is on the canvas. */
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const load = createRequire(new URL("../../web/editor/package.json", import.meta.url));
const { chromium } = load("playwright-core");
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

/** Milliseconds of the first opening in a new browser profile, and of `again` more in the same one. */
export async function painted(link, workflow, again) {
  const profile = await mkdtemp(join(tmpdir(), "flowforge-profile-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
    viewport: { width: 1440, height: 900 },
  });
  try {
    const page = await context.newPage();
    await page.goto(link);
    const { origin } = new URL(link);
    const took = [];
    for (let n = 0; n <= again; n++) {
      await page.goto(origin);
      await page.waitForSelector(`.row-link[href$="/${workflow}"]`);
      await page.waitForTimeout(1500);
      took.push(await page.evaluate(clicked, workflow));
    }
    return took;
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/** In the page: a frame that follows the one in which the canvas has something is a frame that was painted. */
function clicked(workflow) {
  return new Promise((resolve) => {
    const began = performance.now();
    const look = () => {
      if (!document.querySelector(".react-flow__node, .overview")) return requestAnimationFrame(look);
      requestAnimationFrame(() => resolve(performance.now() - began));
    };
    document.querySelector(`.row-link[href$="/${workflow}"]`).click();
    look();
  });
}
