/** How soon a run is shown as it goes, and how fast it is scrubbed. Measured, so that nothing else should run beside it. */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import { withEditor } from "./editor.mjs";
import { api } from "./harness.mjs";
import { LONG, openRun, ran, SLOW } from "./runs.mjs";

/** Notes when each event came into the page. */
function noteEvents() {
  const Real = window.EventSource;
  window.__heard = {};
  window.EventSource = class extends Real {
    addEventListener(name, listener) {
      super.addEventListener(name, (event) => {
        if (event.lastEventId) window.__heard[event.lastEventId] ??= Date.now();
        listener(event);
      });
    }
  };
}

/** Notes when each event was shown, until the last node is done. */
async function noteShown() {
  const shown = [];
  const slider = document.querySelector(".run-slider");
  const isDone = () => document.querySelector('.react-flow__node[data-id="done"] [data-status="COMPLETED"]');
  let last = "";
  while (!isDone()) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const now = slider.getAttribute("aria-valuenow");
    if (now !== last) shown.push([Number(now), Date.now()]);
    last = now;
  }
  return { shown, heard: window.__heard };
}

/** The delays in order. */
function delays(seqs, from, shown) {
  const first = shown[0][0];
  const all = seqs.filter((seq) => seq > first).map((seq) => shown.find(([at]) => at >= seq)?.[1] - from(seq));
  return all.filter((ms) => !Number.isNaN(ms)).sort((a, b) => a - b);
}

const told = (list) => `median ${list[Math.floor(list.length / 2)]} ms, p95 ${list[Math.floor(list.length * 0.95)]} ms`;

test("a run is watched as it goes, and shown soon", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    await page.addInitScript(noteEvents);
    await api(page, "POST", "/workflows", SLOW);
    const { runId } = await api(page, "POST", "/workflows/slow/runs", { input: { rounds: Array(60).fill(0) } });
    await openRun(editor, runId);
    await page.waitForFunction(() =>
      document.querySelector('.react-flow__node[data-id="each"] [data-status="RUNNING"]'),
    );
    const { shown, heard } = await page.evaluate(noteShown);
    const { closed, closedMs, startedAt } = await api(page, "GET", `/runs/${runId}/timeline`);
    const here = delays(Object.keys(heard).map(Number), (seq) => heard[seq], shown);
    const whole = delays(closed, (seq) => Date.parse(startedAt) + closedMs[closed.indexOf(seq)], shown);
    console.log(`from the node's end to the eye: ${told(whole)}; of that in the page: ${told(here)}`);
    assert.ok(whole.length > 20, `${whole.length} frames were seen live`);
    // The service's part depends on what else the machine does; its own tests look at that.
    assert.ok(here[Math.floor(here.length * 0.95)] <= 100, told(here));
    await page.waitForSelector('.run-header:has-text("Completed")');
    assert.equal(await page.evaluate(() => location.search), "");
  }));

test("a held arrow key steps thirty times a second through ten thousand frames", { timeout: 180_000 }, () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const run = await ran(page, LONG, { numbers: Array.from({ length: 5000 }, (_, at) => at) });
    await openRun(editor, run, "?seq=100");
    await page.locator(".run-slider").focus();
    const { second, behind } = await page.evaluate(async () => {
      const slider = document.querySelector(".run-slider");
      const painted = () =>
        new Promise((resolve) => {
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => resolve();
            port2.postMessage(0);
          });
        });
      const start = performance.now();
      let [steps, behind] = [0, 0];
      while (performance.now() - start < 3000) {
        const before = Number(slider.getAttribute("aria-valuenow"));
        slider.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }));
        await painted();
        if (Number(slider.getAttribute("aria-valuenow")) === before) behind++;
        steps++;
      }
      return { second: (steps * 1000) / (performance.now() - start), behind };
    });
    console.log(`${second.toFixed(1)} steps a second, ${behind} times a step was not shown with the next picture`);
    assert.ok(second >= 30, `${second} steps a second`);
    assert.equal(behind, 0);
  }),
);
