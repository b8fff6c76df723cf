/**
 * How a screen looks, and whether everybody can use it: axe, in light and in dark, wide and narrow.
 *
 * What a person does on the way to a screen is done once in a wide window and once in a narrow one. Where it is looked at, the
 * themes are switched, which moves nothing: in the second only what follows from colours is asked again.
 */
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "./attempt.mjs";
import { withEditor } from "./editor.mjs";
import { SHOTS } from "./harness.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const WIDTHS = [1440, 900];
const SETTLE_MS = 250;
const THEMES = ["light", "dark"];
const OF_COLOURS = ["color-contrast", "link-in-text-block"];
/** Axe calls it moderate; without it a screen has no name. */
const HEADING = "page-has-heading-one";

/**
 * `body` is given the editor, its width, and `seen(name)`, which looks at what is on the screen. `alsoChecked(page)` finds what
 * else is wrong there.
 */
export function looks(name, body, { isChecked = true, alsoChecked = () => [], ...options } = {}) {
  for (const width of WIDTHS) {
    test(`${name}, ${width} px`, { timeout: 180_000 }, () =>
      withEditor(
        async (editor) => {
          await mkdir(SHOTS, { recursive: true });
          const found = [];
          const seen = async (what, page = editor.page) => {
            // What the screen has asked for comes in.
            await page.waitForTimeout(SETTLE_MS);
            for (const theme of THEMES) {
              await wear(page, theme);
              await page.screenshot({ path: join(SHOTS, `${what}-${theme}-${width}.png`) });
              if (!isChecked) continue;
              const complaints = await findings(page, theme === THEMES[0] ? null : OF_COLOURS);
              found.push(...complaints.map((complaint) => `${what}, ${theme}: ${complaint}`));
            }
            await wear(page, THEMES[0]);
            found.push(...(await alsoChecked(page)).map((complaint) => `${what}: ${complaint}`));
          };
          await body({ ...editor, width, seen });
          assert.deepEqual(found, []);
        },
        { ...options, width, theme: THEMES[0] },
      ),
    );
  }
}

/** Shows the page in a theme, and waits until nothing fades or moves any more. */
async function wear(page, theme) {
  await page.emulateMedia({ colorScheme: theme });
  await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, theme);
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const isPassing = (animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime);
    await frame();
    await frame();
    await Promise.allSettled(
      document
        .getAnimations()
        .filter(isPassing)
        .map((animation) => animation.finished),
    );
    await frame();
  });
}

/** What is serious, of all rules or of these. */
async function findings(page, rules) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(await readFile(AXE, "utf8"));
  const violations = await page.evaluate(async (rules) => {
    const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
    return (await window.axe.run(document, options)).violations;
  }, rules);
  return violations
    .filter(({ id, impact }) => impact === "serious" || impact === "critical" || id === HEADING)
    .map(({ id, help, nodes }) => `${id}: ${help}: ${shortly(nodes)}`);
}

const shortly = (nodes) =>
  nodes
    .slice(0, 3)
    .map((one) => one.html.slice(0, 200))
    .join(" | ");
