/** Time travel: a run is watched, scrubbed, forked, compared, and found again by a link. */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import { ids, node, openWorkflow, withEditor } from "./editor.mjs";
import { api } from "./harness.mjs";
import { again, APPROVAL, moment, momentIs, momentText, openRun, ORDERS, ran, statusOf } from "./runs.mjs";

test("keys scrub the whole canvas", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const run = await ran(page, ORDERS, { count: 12 });
    await openRun(editor, run);
    const end = await moment(page);
    assert.equal(await statusOf(page, "small"), "SKIPPED");
    await page.keyboard.press("Home");
    await momentIs(page, 1);
    assert.equal(await statusOf(page, "start"), null);
    await page.keyboard.press("ArrowRight");
    assert.match(await momentText(page), /Start, completed/);
    assert.equal(await statusOf(page, "start"), "COMPLETED");
    await page.keyboard.press("ArrowRight");
    assert.match(await momentText(page), /List orders, completed/);
    assert.equal(await statusOf(page, "list"), "COMPLETED");
    assert.equal(await statusOf(page, "many"), null);
    await page.keyboard.press("]");
    assert.match(await momentText(page), /Check, iteration \d+, failed/);
    assert.equal(await statusOf(page, "check"), "FAILED");
    assert.equal(await statusOf(page, "each"), "RUNNING");
    const failure = await moment(page);
    await page.waitForSelector('.run-error:has-text("is too dear")');
    await page.keyboard.press("Shift+ArrowLeft");
    assert.match(await momentText(page), /Check, iteration \d+, completed/);
    assert.ok((await moment(page)) < failure);
    await page.keyboard.press("Shift+ArrowRight");
    await momentIs(page, failure);
    await page.keyboard.press("[");
    await momentIs(page, failure);
    await page.keyboard.press("End");
    await momentIs(page, end);
    await page.keyboard.press("Home");
    await page.selectOption('[aria-label="Speed"]', "16");
    await page.click(".run-slider", { position: { x: 4, y: 150 } });
    await page.keyboard.press("Space");
    await momentIs(page, end);
    await page.waitForSelector('[aria-label="Play"]');
  }));

test("a hand scrubs, zooms and opens a loop; a list tells the same", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    await openRun(editor, await ran(page, ORDERS, { count: 12 }));
    const box = await page.locator(".run-slider").boundingBox();
    await page.mouse.move(box.x + box.width - 5, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + 10, { steps: 8 });
    await page.mouse.up();
    const middle = await moment(page);
    assert.ok(middle > 10 && middle < 70, `${middle}`);
    assert.equal(await statusOf(page, "each"), "RUNNING");
    await page.mouse.wheel(0, -600);
    await page.waitForSelector('[aria-label="Show all"]:not(:disabled)');
    await page.click('[aria-label="Show all"]');
    await page.click('[aria-label^="Open Each order"]');
    await page.waitForSelector('.run-names li:has-text("Double → Check")');
    await page.click('[aria-label="Frames as a list"]');
    await page.click('.run-list-row:has-text("List orders")');
    await page.waitForSelector('.run-list-row[aria-current="true"]:has-text("List orders")');
    assert.equal(await statusOf(page, "each"), null);
    await page.waitForSelector('.run-frame:has-text("List orders") .json-key');
  }));

test("a run under the editor is scrubbed wherever the focus is on nothing that is edited", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, ORDERS);
    await page.click('.run-button [aria-label="Run with an input"]');
    await page.waitForSelector(".run-input");
    const text = page.locator(".run-input textarea, .run-input .cm-content").first();
    await text.fill('{"count": 3}');
    await page.click('.run-input button:has-text("Run")');
    await page.waitForSelector('.run-header:has-text("Completed")');
    await page.keyboard.press("Home");
    await momentIs(page, 1);
    await page.keyboard.press("ArrowRight");
    assert.match(await momentText(page), /Start, completed/);
    const box = await page.locator(".react-flow__pane").boundingBox();
    await page.mouse.click(box.x + 20, box.y + box.height - 20);
    await page.keyboard.press("ArrowRight");
    assert.match(await momentText(page), /List orders, completed/);
    // With a node selected the arrows go from node to node, and what means nothing there still moves the run.
    await page.click(node("many"));
    const before = await moment(page);
    await page.keyboard.press("ArrowLeft");
    await page.waitForSelector(`${node("many")}:not(.selected)`);
    assert.equal(await moment(page), before);
    await page.keyboard.press("Home");
    await momentIs(page, 1);
    // And in a field they move the caret.
    await page.locator(".workflow-name").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("End");
    assert.equal(await moment(page), 1);
  }));

test("a person approves what a run waits for", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    await api(page, "POST", "/workflows", APPROVAL);
    const { runId } = await api(page, "POST", "/workflows/approval/runs", { input: { sum: 40 } });
    await openRun(editor, runId);
    await page.waitForSelector('.run-wait:has-text("Pay 40?")');
    assert.equal(await statusOf(page, "ask"), "WAITING");
    await page.fill('[aria-label="Comment"]', "fine");
    await page.click('.run-decide button:has-text("Approve")');
    await page.waitForSelector('.run-header:has-text("Completed")');
    await page.waitForSelector(".run-wait", { state: "detached" });
    assert.equal(await statusOf(page, "pay"), "COMPLETED");
    assert.equal(await statusOf(page, "refuse"), "SKIPPED");

    // Back in the past it waits again: on the canvas, in the panel and in the service's own snapshot.
    const { waitFrom, waitTo } = await api(page, "GET", `/runs/${runId}/timeline`);
    assert.equal(waitFrom.length, 1);
    for (const [seq, is] of [
      [waitFrom[0] - 1, "RUNNING"],
      [waitFrom[0], "WAITING"],
      [waitTo[0] - 1, "WAITING"],
      [waitTo[0], "RUNNING"],
    ]) {
      await openRun(editor, runId, `?seq=${seq}&node=ask`);
      await momentIs(page, seq);
      const { nodes } = await api(page, "GET", `/runs/${runId}/snapshot?seq=${seq}`);
      assert.equal(nodes.ask.status, is, `the snapshot at ${seq}`);
      assert.equal(await statusOf(page, "ask"), is, `the canvas at ${seq}`);
      await page.waitForSelector(`.run-frame-head .status-dot[data-status="${is}"]`);
    }
  }));

test("a fork with another input, its family, and how it differs", () =>
  withEditor(async (editor) => {
    const { page, origin } = editor;
    const run = await ran(page, ORDERS, { count: 12 });
    await openRun(editor, run);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("f");
    await page.waitForSelector(".fork");
    await page.selectOption('[aria-label="What is different"]', "input");
    const field = '[aria-label="Input of list, as JSON"]';
    await page.waitForFunction((at) => document.querySelector(at)?.value.includes("12"), field);
    await page.fill(field, '{"count":');
    await page.waitForSelector(".fork .field-error");
    assert.ok(await page.isDisabled('.fork-foot button:has-text("Fork")'));
    await page.fill(field, '{"count": 3}');
    await page.fill(".fork-name input", "only three");
    await page.click('.fork-foot button:has-text("What would be sent")');
    await page.waitForSelector('.fork-plan:has-text("Nothing would be sent")');
    await page.click(".fork-foot button.primary");
    await page.waitForURL((url) => url.pathname.startsWith("/runs/") && !url.pathname.includes(run));
    await page.waitForSelector('.run-header:has-text("only three")');
    await page.waitForSelector('.run-header:has-text("Completed")');
    assert.equal(await statusOf(page, "small"), "COMPLETED");
    assert.equal(await statusOf(page, "big"), "SKIPPED");
    const fork = new URL(page.url()).pathname.split("/").at(-1);
    assert.equal((await api(page, "GET", `/runs/${run}`)).status, "COMPLETED");

    await page.click('.run-tools button:has-text("Forks")');
    await page.waitForSelector('.fork-branch[aria-current] >> text="only three"');
    assert.equal(await page.locator(".fork-branch").count(), 2);
    await page.click('.run-tools button:has-text("Forks")');

    await page.locator(".run-slider").focus();
    await page.keyboard.press("c");
    await page.waitForSelector('.diff-line:has-text("List orders")');
    await page.click('.diff-line:has-text("List orders")');
    await page.waitForSelector('.changes:has-text("/count")');
    await page.waitForSelector('.react-flow__node[data-id="list"] [data-diff="changed"]');
    assert.match(await page.textContent(".changes"), /\/count123/);
    await page.waitForFunction(() => location.search.includes("diff="));
    await page.waitForFunction(() => location.search.includes("seq="));
    const at = await moment(page);
    assert.match(await momentText(page), /List orders/);
    const address = page.url();
    await page.goto(origin);
    await page.goto(address);
    await page.waitForSelector('.diff-line:has-text("List orders")');
    await momentIs(page, at);
    assert.ok(address.includes(fork));
  }));

test("a run goes on with another version of its workflow", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const old = await ran(page, ORDERS, { count: 4 });
    const newer = structuredClone(ORDERS);
    const list = newer.graph.nodes.find(({ id }) => id === "list");
    list.params.code = list.params.code.replace(/out$/, "out.push(#{ id: 99, price: 1 });\nout");
    newer.graph.nodes = newer.graph.nodes.filter(({ id }) => id !== "big");
    newer.graph.edges = newer.graph.edges.filter(({ target }) => target !== "big");
    await api(page, "PUT", "/workflows/checked-orders", newer);
    await openRun(editor, old);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    const shown = await moment(page);
    await page.keyboard.press("f");
    const version = '[aria-label="Version of the workflow"]';
    await page.waitForFunction((at) => document.querySelector(at)?.options.length === 2, version);
    await page.selectOption(version, { index: 1 });
    await page.waitForSelector('.fork-changes:has-text("1 node changed: List orders")');
    await page.waitForSelector('.fork-changes:has-text("1 node removed: Tell sales")');
    await page.waitForSelector('.fork-changes:has-text("1 edge differs")');
    // Its node does something else now, so the fork begins before it.
    assert.ok(Number(await page.textContent(".fork-at b")) < shown);
    await page.selectOption('[aria-label="What is different"]', "param");
    assert.equal(await page.locator('.fork [aria-label="Node"] option:has-text("Tell sales")').count(), 0);
    await page.selectOption('[aria-label="What is different"]', "none");
    await page.click('.fork-foot button:has-text("What would be sent")');
    await page.waitForSelector('.fork-plan:has-text("Nothing would be sent")');
    await page.selectOption(version, { index: 0 });
    await page.waitForSelector(".fork-changes", { state: "detached" });
    await page.waitForSelector(".fork-plan", { state: "detached" });
    await page.selectOption(version, { index: 1 });
    await page.click('.fork-choice:has-text("Live")');
    await page.click('.fork-foot button:has-text("What would be sent")');
    await page.click('.fork-foot button:has-text("Fork and send")');
    await page.waitForURL((url) => url.pathname.startsWith("/runs/") && !url.pathname.includes(old));
    await page.waitForSelector('.run-header:has-text("Completed")');
    const fork = new URL(page.url()).pathname.split("/").at(-1);
    const { graph } = await api(page, "GET", `/runs/${fork}/workflow`);
    assert.deepEqual(ids({ graph }), ids(newer));
    const { nodes } = await api(page, "GET", `/runs/${fork}/snapshot`);
    assert.equal(nodes.list.frame.output.length, 5);
  }));

test("code is forked, and differs line by line", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    await openRun(editor, await ran(page, ORDERS, { count: 4 }));
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("f");
    await page.selectOption('[aria-label="What is different"]', "param");
    await page.selectOption('.fork [aria-label="Node"]', "list");
    const field = '[aria-label="code of list"]';
    const code = await page.inputValue(field);
    await page.fill(field, code.replace("i * 37", "i * 2"));
    await page.click(".fork-foot button.primary");
    await page.waitForSelector('.run-header:has-text("fork of")');
    await page.waitForSelector('.run-header:has-text("Completed")');
    await page.locator(".run-slider").focus();
    await page.keyboard.press("c");
    await page.click('.diff-line:has(b:text-is("Workflow"))');
    await page.waitForSelector('.change-lines [data-mark="added"]');
    await page.waitForSelector('.change-lines [data-mark="removed"]');
  }));

test("a replay performs nothing and says so", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    await openRun(editor, await ran(page, ORDERS, { count: 4 }));
    await page.click('.run-tools button:has-text("Replay")');
    await page.waitForSelector('.said:has-text("Identical")');
    assert.match(await page.textContent(".said"), /0 effects performed/);
  }));

test("an output is pinned into the workflow", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    await openRun(editor, await ran(page, ORDERS, { count: 3 }));
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("p");
    await page.waitForSelector('.said:has-text("pinned")');
    const { graph } = await api(page, "GET", "/workflows/checked-orders");
    assert.equal(graph.nodes.find((node) => node.id === "list").pinned.length, 3);
  }));

test("a large value is read in slices, found in, and copied from", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const sizes = [];
    page.on("response", async (response) => {
      if (response.url().includes("/runs/")) sizes.push((await response.body().catch(() => "")).length);
    });
    await openRun(editor, await ran(page, ORDERS, { count: 3000 }), "?seq=5");
    await page.waitForSelector('.json-row:has-text("list 3,000")');
    await page.waitForSelector('.json-row:has-text("record 2"), .json-row:has-text("record")');
    await page.locator("[role=tree]").focus();
    await page.keyboard.press("End");
    await page.waitForSelector('.json-row[data-active]:has-text("2999"):has-text("record")');
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector('.json-row .json-key:text("price")');
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Control+Shift+C");
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "nodes.list.output[2999].id");
    await page.keyboard.press("Control+c");
    await page.waitForSelector('.json-bar:has-text("Value copied")');
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "2999");
    const frames = (await api(page, "GET", `/runs?workflow=checked-orders`)).items[0].frames;
    assert.ok(frames > 3000);
  }));

test("a value is found by its text, and opens its frame", () =>
  withEditor(async (editor) => {
    const { page, origin } = editor;
    await ran(page, ORDERS, { count: 12 });
    await again(page, "checked-orders", { count: 2 });
    await page.goto(`${origin}/runs?workflow=checked-orders`);
    await page.waitForSelector('.runs-row:has-text("checked-orders")');
    assert.equal(await page.locator(".runs-row").count(), 3);
    await page.fill('[aria-label="Text in any value"]', "too dear");
    await page.waitForFunction(() => document.querySelector(".hit") !== null, undefined, { timeout: 15_000 });
    await page.click(".hit >> nth=0");
    await page.waitForSelector(".run-slider");
    assert.match(page.url(), /seq=\d+/);
    assert.match(await momentText(page), /Event \d+/);
  }));

test("runs are filtered and the list is live; numbers are shown", () =>
  withEditor(async (editor) => {
    const { page, origin } = editor;
    await ran(page, ORDERS, { count: 2 });
    await page.goto(`${origin}/runs?workflow=checked-orders`);
    await page.waitForSelector('.runs-row:has-text("Completed")');
    await again(page, "checked-orders", null).catch(() => null);
    await page.waitForSelector('.runs-row:has-text("Failed")');
    await page.selectOption('.runs-filters [aria-label="Status"]', "FAILED");
    await page.waitForFunction(() => document.querySelectorAll(".runs-row").length === 2);
    assert.match(page.url(), /status=FAILED/);
    await page.selectOption('.runs-filters [aria-label="Duration"]', "600000");
    await page.waitForSelector("text=No run is like this.");
    await page.click("text=Show all runs");
    await page.waitForFunction(() => document.querySelectorAll(".runs-row").length >= 3);
    await page.goto(`${origin}/dashboard`);
    await page.waitForSelector(".card canvas");
    await page.selectOption('.dashboard [aria-label="Workflow"]', "checked-orders");
    await page.waitForFunction(() => document.querySelector(".numbers")?.textContent.includes("Runs2Failed1"));
  }));
