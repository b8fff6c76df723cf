/** How the screens of a run look, and whether everybody can use them: axe, in light and dark, wide and narrow. */
import { api } from "./harness.mjs";
import { looks } from "./looks.mjs";
import { again, APPROVAL, openRun, ORDERS, ran } from "./runs.mjs";

looks("a run", async (editor) => {
  const { page, origin, seen } = editor;
  await ran(page, ORDERS, { count: 12 });
  const run = await again(page, "checked-orders", { count: 24 });
  const newer = structuredClone(ORDERS);
  newer.graph.nodes[1].params.code = newer.graph.nodes[1].params.code.replace("i * 37", "i * 2");
  newer.graph.nodes.push({ id: "more", type: "log", name: "Tell all", params: { message: "news" } });
  await api(page, "PUT", "/workflows/checked-orders", newer);
  await openRun(editor, run);
  await seen("run");
  await page.keyboard.press("Home");
  await page.keyboard.press("]");
  await page.click('[aria-label^="Open Each order"]');
  await page.click('button:has-text("Time")');
  await seen("run-failure");
  await page.click('button:has-text("Events")');
  await page.click('.run-tab:has-text("About")');
  await page.click('[aria-label="Frames as a list"]');
  await seen("run-list");
  await page.click('[aria-label="Frames as a list"]');
  await page.locator(".run-slider").focus();
  await page.keyboard.press("f");
  await page.selectOption('[aria-label="What is different"]', "param");
  await page.waitForFunction(
    (at) => document.querySelector(at)?.options.length === 2,
    '[aria-label="Version of the workflow"]',
  );
  await page.selectOption('[aria-label="Version of the workflow"]', { index: 1 });
  await page.waitForSelector(".fork-changes li");
  await seen("fork");
  await page.keyboard.press("Escape");
  await page.keyboard.press("c");
  await page.click('.diff-line:has-text("List orders")');
  await seen("diff");
  await page.keyboard.press("c");
  await api(page, "POST", `/runs/${run}/fork?wait=true`, {
    seq: 3,
    inputs: { list: { count: 2 } },
    name: "two",
  });
  await page.click('.run-tools button:has-text("Forks"), .run-tools [title="Forks"]');
  await page.waitForSelector(".fork-branch >> nth=1");
  await seen("forks");
  await api(page, "POST", "/workflows", APPROVAL);
  const { runId } = await api(page, "POST", "/workflows/approval/runs", { input: { sum: 40 } });
  await openRun(editor, runId);
  await page.waitForSelector(".run-wait");
  await seen("approve");
  await api(page, "POST", `/runs/${runId}/signal`, { node: "ask", value: { approved: true } });
  await page.waitForSelector('.run-header:has-text("Completed")');
  const { waitFrom } = await api(page, "GET", `/runs/${runId}/timeline`);
  await openRun(editor, runId, `?seq=${waitFrom[0]}`);
  await seen("waited");
  await page.goto(`${origin}/runs`);
  await page.waitForSelector(".runs-row >> nth=3");
  await seen("runs");
  await page.fill('[aria-label="Text in any value"]', "too dear");
  await page.waitForSelector(".hit", { timeout: 15_000 });
  await seen("search");
  await page.goto(`${origin}/dashboard`);
  await page.waitForSelector(".card canvas");
  await seen("dashboard");
});
