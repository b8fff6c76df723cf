/**
 * How soon one person sees what another types. 50 ms is promised on a machine that does nothing else, with a release build:
 * `QUIET=1` asks for that. Elsewhere two browsers, a service without optimisation and this test share the cores, and only what
 * no load explains fails.
 */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import { node } from "./editor.mjs";
import { CODE, withTwo } from "./two.mjs";

const LIMIT_MS = process.env.QUIET ? 50 : 500;

test("a keystroke in one browser is soon shown in the other", () =>
  withTwo(CODE, async ({ one, two }) => {
    for (const page of [one, two]) await page.click(`${node("sum")} .step-title`);
    const code = ".inspector .script .cm-content";
    await two.waitForSelector(code);
    await one.click(`${code} .cm-line >> nth=0`);
    // Both browsers run on this machine: their clocks are one.
    await two.evaluate((selector) => {
      window.__seen = new Map();
      const content = document.querySelector(selector);
      new MutationObserver(() => {
        const text = content.textContent;
        for (let n = 0; n < 60; n++)
          if (text.includes(`<${n}>`) && !window.__seen.has(n)) window.__seen.set(n, Date.now());
      }).observe(content, { subtree: true, childList: true, characterData: true });
    }, code);
    await one.evaluate(() => {
      window.__typed = new Map();
      addEventListener(
        "keydown",
        ({ key }) => {
          if (key === ">") window.__typed.set(window.__typed.size, Date.now());
        },
        true,
      );
    });
    for (let n = 0; n < 40; n++) {
      await one.keyboard.type(`<${n}>`);
      await one.waitForTimeout(40);
    }
    await two.waitForFunction(() => window.__seen.size === 40);
    const typed = await one.evaluate(() => [...window.__typed.values()]);
    const seen = await two.evaluate(() =>
      [...window.__seen.entries()].sort((a, b) => a[0] - b[0]).map(([, time]) => time),
    );
    const took = typed.map((time, at) => seen[at] - time).sort((a, b) => a - b);
    const p95 = took[Math.floor(took.length * 0.95)];
    console.log(`keystroke to another browser: p50 ${took[20]} ms, p95 ${p95} ms`);
    assert.ok(p95 <= LIMIT_MS, `p95 is ${p95} ms: ${took.join(" ")}`);
  }));
