/**
 * What a newcomer does on the first evening, by mouse and keyboard and only by what is to be seen: a workflow is built,
 * run, scrubbed, forked, compared, searched, reloaded, and goes on after kill -9.
 */
import assert from "node:assert/strict";
import { drag, middle, MOD, node, pick, port, saved, stillness } from "./editor.mjs";
import { looks } from "./looks.mjs";
import { moment, momentIs, momentText, statusOf } from "./runs.mjs";

const CODE =
  "let total = 0.0; for line in input.lines { total += line.price * line.quantity; } " +
  'if total > 300.0 { throw "order " + input.id + " is too dear"; } #{ id: input.id, total: total }';
const TOO_DEAR = "order 1003 is too dear";
/** A stream that broke off, and requests while nobody listens: the browser itself writes these, not the page. */
const AWAY = [
  "ERR_INCOMPLETE_CHUNKED_ENCODING",
  "ERR_CONNECTION_REFUSED",
  "ERR_CONNECTION_RESET",
  "ERR_SOCKET_NOT_CONNECTED",
  "ERR_EMPTY_RESPONSE",
];

looks(
  "the first evening",
  async (editor) => {
    editor.page.setDefaultTimeout(8000);
    const at = { ...editor, seen: (name) => editor.seen(`show-${name}`) };
    await builds(at);
    const failed = await findsTheFailure(at);
    const fork = await forks(at);
    await compares(at, failed);
    await searches(at, failed);
    assert.notEqual(failed, fork);
    assert.deepEqual(editor.faults, [], "the console is empty until the service is killed");
    await survives(at);
  },
  { isChecked: false, byHand: true, expected: AWAY },
);

/** Start, a request to the demo route, a loop with a script in it, a branch and what follows it. */
async function builds({ page, origin, seen }) {
  await page.waitForSelector('a:has-text("Orders of a shop")');
  await seen("1-first");
  await page.getByRole("button", { name: "New workflow" }).click();
  await page.waitForSelector(node("start"));
  await page.getByLabel("Name of the workflow").fill("Dear orders");

  await page.click(node("start"));
  await page.keyboard.press("Tab");
  await page.waitForSelector(".palette [cmdk-item][data-selected=true]");
  const first = page.locator(".palette [cmdk-item]").first();
  assert.equal(await first.getAttribute("data-selected"), "true", "the palette begins at its beginning");
  await pick(page, "http", "HTTP request");
  await field(page, "URL").fill(`${origin}/demo/orders`);
  await page.getByRole("button", { name: "Run to here" }).click();
  await page.waitForSelector('.run-header:has-text("Completed")');

  await page.click(node("request"));
  await page.keyboard.press("Tab");
  await pick(page, "for each", "For each");
  await inspected(page, "For each");
  await page.click(".inspector .cm-content");
  await page.keyboard.type("{{ input.body.");
  await page.waitForSelector('.cm-tooltip-autocomplete li:has-text("orders")');
  await page.keyboard.press("Escape");
  await page.keyboard.type("orders }}");
  assert.equal(await page.textContent(".inspector .cm-content"), "{{ input.body.orders }}");
  await page.waitForSelector('.preview-type:text("list")');
  await seen("2-preview");

  await page.getByRole("button", { name: "Add what each round does" }).click();
  await pick(page, "script", "Script");
  await inspected(page, "Script");
  await page.click(".inspector .cm-content");
  await page.keyboard.type(CODE);
  await page.keyboard.press("Escape");

  await page.click(`${node("for_each")} .loop-head .step-icon`);
  await page.keyboard.press("Tab");
  await pick(page, "if", "If");
  await inspected(page, "If");
  await page.click(".inspector .cm-content");
  await page.keyboard.type("{{ input.len() > 3 }}");
  await page.keyboard.press("Escape");
  await showAll(page);
  const from = await middle(page, port("if", "source", "true"));
  await drag(page, from, { x: from.x + 50, y: from.y - 70 });
  await pick(page, "log", "Log");
  await inspected(page, "Log");
  await field(page, "Message").click();
  await page.keyboard.type("{{ input.len() }} orders");
  await page.waitForSelector(".inspector .cm-content");
  await page.waitForFunction(
    () => document.querySelector(".inspector .cm-content")?.textContent === "{{ input.len() }} orders",
  );
  await saved(page);
  await page.waitForSelector('.header :text("No problems")');
  await showAll(page);
  await seen("3-built");
}

/** The view begins to move only with the next picture, so that stillness alone could be the one before. */
async function showAll(page) {
  await page.click('.toolbar [aria-label^="Show all"]');
  await page.waitForTimeout(400);
  await stillness(page);
}

/** A field by its title; a star says that it is needed. */
const field = (page, title) => page.getByLabel(new RegExp(`^${title}\\s*\\*?$`));
const inspected = (page, title) => page.waitForSelector(`.inspector h2:has-text("${title}")`);

/** Runs, and finds what failed, with what went in. */
async function findsTheFailure({ page, seen }) {
  await page.keyboard.press(`${MOD}+Enter`);
  await page.waitForSelector('.run-header:has-text("Failed")');
  await page.waitForSelector(`${node("if")}:not(:has([data-status]))`);
  await page.click(node("log"));
  await page.waitForSelector('.run-why:has-text("Log did not run: the run failed at Script before it.")');
  await page.click('.run-why button:has-text("Show the failure")');
  assert.match(await momentText(page), /Script, iteration 3, failed/);
  await page.locator(".run-slider").focus();
  await page.keyboard.press("Home");
  await momentIs(page, 1);
  await page.keyboard.press("ArrowRight");
  assert.match(await momentText(page), /Start, completed/);
  await page.keyboard.press("ArrowRight");
  assert.match(await momentText(page), /HTTP request, completed/);
  await page.keyboard.press("]");
  assert.match(await momentText(page), /Script, iteration 3, failed/);
  assert.equal(await statusOf(page, "rhai"), "FAILED");
  assert.equal(await statusOf(page, "for_each"), "RUNNING");
  await page.waitForSelector(`.run-error:has-text("${TOO_DEAR}")`);
  await seen("4-failure");
  await page.click('.run-tab:has-text("Input")');
  await page.waitForSelector('.run-frame .json-row:has-text("Persephone")');
  const address = page.url();
  await page.waitForFunction(() => location.search.includes("run=") && location.search.includes("seq="));
  const at = await moment(page);
  await page.reload();
  await page.waitForSelector(".run-slider");
  await momentIs(page, at);
  assert.equal(await statusOf(page, "rhai"), "FAILED");
  await page.waitForSelector(`${node("for_each")}:has-text("3/4")`);
  await page.waitForSelector('.run-fold:has-text("3/4")');
  assert.ok(address.includes("/workflows/"), "a run that was started in the editor stays in it");
  return new URL(page.url()).searchParams.get("run");
}

/** Forks with another input for the frame that failed. */
async function forks({ page, seen }) {
  await page.locator(".run-slider").focus();
  await page.keyboard.press("f");
  await page.waitForSelector(".fork");
  await page.selectOption('[aria-label="What is different"]', "input");
  const input = page.locator(".fork textarea");
  await input.waitFor();
  const was = await input.inputValue();
  assert.match(was, /"quantity": 30/);
  assert.match(was, /"price": 8\.0,/, "a number is shown as it was written");
  await input.fill(was.replace('"quantity": 30', '"quantity": 3'));
  await page.fill(".fork-name input", "three teas");
  await page.click('.fork-foot button:has-text("What would be sent")');
  await page.waitForSelector('.fork-plan:has-text("Nothing would be sent")');
  await seen("5-fork");
  await page.click(".fork-foot button.primary");
  await page.waitForURL((url) => url.pathname.startsWith("/runs/"));
  await page.waitForSelector('.run-header:has-text("three teas")');
  await page.waitForSelector('.run-header:has-text("Completed")');
  assert.equal(await statusOf(page, "rhai"), "COMPLETED");
  assert.equal(await statusOf(page, "log"), "COMPLETED");
  assert.equal(await page.locator(".inspector").count(), 0, "nothing is selected, and nothing can be set");
  const worked = await page.textContent(".run-moment");
  assert.match(worked, / ms/, `the time until somebody forked is not the fork's: ${worked}`);
  return new URL(page.url()).pathname.split("/").at(-1);
}

/** What the other value changed, in the list, on the canvas and on the timeline. */
async function compares({ page, seen }, failed) {
  await page.locator(".run-slider").focus();
  await page.keyboard.press("c");
  await page.waitForFunction((run) => location.search.includes(`diff=${run}`), failed);
  await page.waitForSelector('.diff-line:has-text("Script")');
  await page.waitForSelector(`${node("rhai")} [data-diff="changed"]`);
  await page.waitForSelector(`${node("log")} [data-diff]`);
  assert.equal(await page.locator(`${node("request")} [data-diff]`).count(), 0, "what is the same is not marked");
  await page.click('.diff-line:has-text("Script"):has-text("was failed")');
  await page.waitForSelector('.changes:has-text("/lines/1/quantity")');
  assert.match(await momentText(page), /Script, iteration 3/);
  const places = await page.locator(".changes").first().locator(".change-path").allTextContents();
  assert.deepEqual(places, ["/lines/1/quantity"], "what nobody touched did not change");
  await seen("6-compare");
}

/** Finds the error by its words, and is at the very frame; a reload is at the same place. */
async function searches({ page, seen }, failed) {
  await page.keyboard.press(`${MOD}+k`);
  await page.waitForSelector(".commands [cmdk-input]");
  await page.keyboard.type("too dear");
  await page.waitForSelector(`.commands [cmdk-item]:has-text("${TOO_DEAR}"):has-text("rhai")`);
  await seen("7-search");
  await page.click(`.commands [cmdk-item]:has-text("${TOO_DEAR}"):has-text("rhai")`);
  await page.waitForFunction((run) => location.pathname === `/runs/${run}`, failed);
  await page.waitForSelector(`.run-error:has-text("${TOO_DEAR}")`);
  await page.waitForSelector(`${node("rhai")}.selected`);
  const [address, at] = [page.url(), await moment(page)];
  assert.match(address, /seq=\d+/);
  await page.reload();
  await page.waitForSelector(`.run-error:has-text("${TOO_DEAR}")`);
  assert.equal(page.url(), address);
  await momentIs(page, at);
  await page.waitForSelector(`${node("rhai")}.selected`);
}

/** A run is killed with the service in its middle, and goes on without a hand on the page. */
async function survives({ page, service, seen }) {
  await page.click(".workflow-link");
  await page.waitForSelector(".run-slider");
  await showAll(page);
  await page.locator(".react-flow__edge").first().click({ force: true });
  await page.getByRole("button", { name: "Insert a node here" }).click();
  await pick(page, "wait", "Wait");
  await inspected(page, "Wait");
  await field(page, "For").fill("3000");
  await saved(page);
  await page.keyboard.press(`${MOD}+Enter`);
  await page.waitForFunction(
    () => document.querySelector('.react-flow__node[data-id="wait"] [data-status="WAITING"]') !== null,
  );
  await service.crash();
  await page.waitForSelector('.run-header:has-text("connection lost")');
  await seen("8-away");
  await service.again();
  await page.waitForSelector('.run-header:has-text("Failed")', { timeout: 20_000 });
  await showAll(page);
  await page.waitForSelector(`${node("wait")} [data-status="COMPLETED"]`);
  await page.waitForSelector(`${node("rhai")} [data-status="FAILED"]`);
  assert.equal(await page.locator('.run-header:has-text("connection lost")').count(), 0);
  await seen("9-again");
  await page.click(".dock-close");
  await page.waitForSelector(".run-slider", { state: "detached" });
  await page.click('.last-run:has-text("Last run: failed")');
  await page.waitForSelector(".run-slider");
  assert.equal(await page.locator(".last-run").count(), 0, "a run that is shown is not offered");
}
