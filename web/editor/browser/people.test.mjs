/** Somebody is let in by a link, as an editor or as one who only looks; proposals are everybody's. */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import { drag, ids, middle, MOD, node, openWorkflow, saved, stored, withEditor } from "./editor.mjs";
import { until } from "./hand.mjs";
import { api, startBrowser } from "./harness.mjs";
import { CODE } from "./two.mjs";

/** The owner of the page makes a link in the dialog. */
async function inviteFrom(page, name, right) {
  await page.click(".person.me");
  await page.click('.people-me button:has-text("Invite…")');
  await page.fill('[role=dialog] input:not([type="radio"])', name);
  await page.check(`[role=dialog] label:has-text("${right}") input`);
  await page.click('[role=dialog] button:has-text("Make the link")');
  await page.click('[role=dialog] button:has-text("Copy")');
  await page.waitForSelector('[role=dialog] button:has-text("Copied")');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, await page.inputValue("[role=dialog] .invite-link input"));
  await page.keyboard.press("Escape");
  await page.waitForSelector("[role=dialog]", { state: "detached" });
  return link;
}

/** A browser of somebody who opens that link. */
async function withGuest(editor, { name, right, id }, run, options = {}) {
  const link = await inviteFrom(editor.page, name, right);
  const guest = await startBrowser({ ...editor.service, link, origin: editor.origin }, options);
  try {
    await guest.page.waitForSelector(".react-flow__node");
    assert.equal(guest.page.url(), `${editor.origin}/workflows/${id}`, "the link leads to the workflow");
    await editor.page.waitForSelector(`[aria-label="Follow ${name}"]`);
    await run({ page: guest.page, link });
    assert.deepEqual(guest.faults, [], "the guest's page complained");
  } finally {
    await guest.close();
  }
}

test("a link lets one browser in, by name; a viewer sees live edits and can change nothing", () =>
  withEditor(async (editor) => {
    const id = await openWorkflow(editor, CODE);
    const { page: owner } = editor;
    const run = await api(owner, "POST", `/workflows/${id}/runs?wait=true`, { input: {} });
    await withGuest(editor, { name: "Vera", right: "May only look", id }, async ({ page: viewer, link }) => {
      await viewer.waitForSelector('.saved[data-state="read-only"]');
      await viewer.waitForSelector('.canvas-note:has-text("You may look; ask for an invitation to edit")');
      await viewer.waitForSelector('.person.me[aria-label="You, Vera"]');
      const again = await fetch(link, { redirect: "manual" });
      assert.equal(again.status, 401, "the link opens once");

      // Live, while nothing is theirs to change.
      await owner.fill(".workflow-name", "Live");
      await viewer.waitForFunction(() => document.querySelector(".workflow-name").value === "Live");
      await saved(owner);
      const before = await api(owner, "GET", `/workflows/${id}`);
      assert.equal(await viewer.locator(".workflow-name").getAttribute("readonly"), "");
      const from = await middle(viewer, `${node("tell")} .step-title`);
      const place = () => viewer.$eval(node("tell"), (element) => element.style.transform);
      const stood = await place();
      await drag(viewer, from, { x: from.x + 80, y: from.y + 80 });
      assert.equal(await place(), stood, "nothing can be dragged");
      await viewer.click(`${node("sum")} .step-title`);
      for (const key of ["Delete", "d", "Tab", "n", "l", `${MOD}+d`, `${MOD}+x`, `${MOD}+z`, "c"]) {
        await viewer.keyboard.press(key);
      }
      assert.equal(await viewer.locator(".palette").count(), 0);
      assert.equal(await viewer.locator(".react-flow__node").count(), 3);
      await viewer.click(`${node("sum")} .step-title`);
      await viewer.click(".inspector .script .cm-content");
      await viewer.keyboard.type("broken");
      assert.equal((await viewer.textContent(".inspector .script .cm-content")).includes("broken"), false);
      await viewer.click(`${node("tell")} .step-title`);
      assert.equal(await viewer.locator(".inspector textarea:not([readonly]):not([disabled])").count(), 0);
      await viewer.click('.panel-tab:has-text("Comments")');
      assert.equal(await viewer.locator('[aria-label="Say something about this"]').count(), 0);
      for (const words of ["Run", "Publish"]) {
        assert.equal(await viewer.locator(`.header button:enabled:text-is("${words}")`).count(), 0, words);
      }
      await viewer.keyboard.press(`${MOD}+i`);
      await viewer.waitForSelector('[data-pane=ai]:has-text("You may look")');
      assert.equal(await viewer.locator('[aria-label="Message"]').count(), 0);
      await viewer.keyboard.press(`${MOD}+i`);
      await viewer.click(".person.me");
      assert.equal(await viewer.locator('.people-me button:has-text("Invite")').count(), 0);
      await viewer.keyboard.press("Escape");

      // A run can be looked at, moment by moment.
      await viewer.goto(`${editor.origin}/workflows/${id}?run=${run.runId}`);
      await viewer.waitForSelector(`${node("tell")} .step[data-status="COMPLETED"]`);
      await viewer.focus(".run-slider");
      await viewer.keyboard.press("Home");
      await viewer.waitForSelector(`${node("tell")} .step[data-status="COMPLETED"]`, { state: "detached" });
      assert.equal(await viewer.locator('.run-tools button:has-text("Fork") >> text="Fork"').count(), 0);

      await owner.waitForTimeout(300);
      const after = await api(owner, "GET", `/workflows/${id}`);
      assert.deepEqual(after, before, "nothing was changed");
      await viewer.goto(editor.origin);
      await viewer.waitForSelector("table");
      await viewer.waitForFunction(() => !document.querySelector(".page-head button"));
    });
  }));

test("a guest who may edit does so under their name", () =>
  withEditor(async (editor) => {
    const id = await openWorkflow(editor, CODE);
    await withGuest(editor, { name: "Grace", right: "May edit", id }, async ({ page: guest }) => {
      await saved(guest);
      await guest.fill(".workflow-name", "By Grace");
      await saved(guest);
      await until(async () => {
        const { items } = await api(editor.page, "GET", `/workflows/${id}/history`);
        return items.some(({ authors }) => authors.some(({ name }) => name === "Grace"));
      });
      assert.deepEqual(ids(await stored(editor.page, id)), ["start", "sum", "tell"]);
    });
  }));

test("one asks, another sees the proposal and accepts it while the first types; each takes back their own", () =>
  withEditor(async (editor) => {
    const id = await openWorkflow(editor, CODE);
    const { page: one } = editor;
    await withGuest(editor, { name: "Grace", right: "May edit", id }, async ({ page: two }) => {
      await one.click(`${node("sum")} .step-title`);
      await one.keyboard.press(`${MOD}+i`);
      await one.fill('[aria-label="Message"]', "add a step that logs it after sum");
      await one.keyboard.press("Enter");
      await one.waitForSelector(".review");
      assert.equal(await one.locator(".proposal-chip").count(), 0, "whoever looks at it needs no chip");
      await two.waitForSelector('.proposal-chip:has-text("FlowForge AI proposes")');
      await two.click('.proposal-chip button:text-is("Look")');
      await two.waitForSelector(".review");
      await two.waitForSelector(".react-flow__node [data-ghost=added]");
      await two.waitForSelector(".proposal-chip", { state: "detached" });

      // They talk about it where its values are.
      await two.click('.review button:has-text("Parts and values")');
      await two.fill('.ai-proposal [aria-label="Say something about this"]', "Shall we?");
      await two.keyboard.press("Enter");
      await one.waitForSelector('.ai-proposal .thread-text:has-text("Shall we?")');

      const code = ".inspector .script .cm-content";
      await one.click(`${code} .cm-line >> nth=0`);
      await one.keyboard.press("End");
      const typing = one.keyboard.type(" // typed while it was accepted", { delay: 25 });
      await two.click('.review button:has-text("Accept")');
      await two.waitForSelector(".review", { state: "detached" });
      await typing;
      await one.waitForSelector('.said-box:has-text("Grace accepted")');
      await one.waitForSelector(".review", { state: "detached" });
      await one.waitForSelector('.ai-proposal[data-state="accepted"] .ai-origin:text-is("Accepted by Grace")');
      await Promise.all([saved(one), saved(two)]);
      const typed = CODE.graph.nodes[1].params.code.replace("1;", "1; // typed while it was accepted");
      await until(async () => (await stored(one, id)).graph.nodes[1].params.code === typed);
      const accepted = await stored(one, id);
      assert.equal(accepted.graph.nodes.length, 4);
      const shown = (page) =>
        page.$$eval(".react-flow__node", (all) => all.map((each) => [each.dataset.id, each.textContent]).sort());
      await until(async () => JSON.stringify(await shown(one)) === JSON.stringify(await shown(two)));

      // The accepting one takes back exactly the proposal.
      await two.click(".react-flow__pane", { position: { x: 20, y: 300 } });
      await two.keyboard.press(`${MOD}+z`);
      await saved(two);
      await until(async () => (await stored(one, id)).graph.nodes.length === 3);
      const now = await stored(one, id);
      const wanted = structuredClone(CODE);
      wanted.graph.nodes[1].params.code = typed;
      assert.deepEqual(now.graph.nodes, wanted.graph.nodes);
      assert.deepEqual(now.graph.edges.length, 2);
    });
  }));

test("what one rejects is closed for whoever looks at it; a viewer only looks", () =>
  withEditor(async (editor) => {
    const id = await openWorkflow(editor, CODE);
    const { page: one } = editor;
    await withGuest(editor, { name: "Vera", right: "May only look", id }, async ({ page: viewer }) => {
      await one.keyboard.press(`${MOD}+i`);
      await one.fill('[aria-label="Message"]', "add a step that logs it after sum");
      await one.keyboard.press("Enter");
      await one.waitForSelector(".review");
      await viewer.click('.proposal-chip button:text-is("Look")');
      await viewer.waitForSelector(".review");
      assert.equal(
        await viewer.locator('.review button:has-text("Accept"), .review button:has-text("Reject")').count(),
        0,
      );
      await viewer.keyboard.press("Alt+Enter");
      await one.click('.review button:has-text("Reject")');
      await viewer.waitForSelector('.said-box:has-text("Owner rejected")');
      await viewer.waitForSelector(".review", { state: "detached" });
      await one.waitForSelector(".proposal-chip", { state: "detached" });
      assert.deepEqual(ids(await stored(one, id)), ["start", "sum", "tell"]);
    });
  }));

test("whoever decided is named, also when they are not to be seen", () =>
  withEditor(async (editor) => {
    const id = await openWorkflow(editor, CODE);
    const { page: one } = editor;
    await withGuest(editor, { name: "Grace", right: "May edit", id }, async ({ page: two }) => {
      await two.click(".person.me");
      await two.click('.people-hide:has-text("Hide me")');
      await two.keyboard.press("Escape");
      await one.waitForSelector('[aria-label="Follow Grace"]', { state: "detached" });
      await one.keyboard.press(`${MOD}+i`);
      await one.fill('[aria-label="Message"]', "add a step that logs it after sum");
      await one.keyboard.press("Enter");
      await one.waitForSelector(".review");
      await two.click('.proposal-chip button:text-is("Look")');
      await two.click('.review button:has-text("Reject")');
      await one.waitForSelector('.said-box:has-text("Grace rejected")');
      await one.waitForSelector('.ai-proposal .ai-origin:text-is("Rejected by Grace")');
    });
  }));
