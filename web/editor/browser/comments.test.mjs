/** What people say to each other about connections and frames, and the list of what is open. */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import { node } from "./editor.mjs";
import { api } from "./harness.mjs";
import { CODE, withTwo } from "./two.mjs";

const WRITE = '[aria-label="Say something about this"]';
const edges = ".react-flow__edge";

test("a connection has threads: by its tools, by the menu, by a link; the list finds what mentions me", () =>
  withTwo(CODE, async ({ one, two, id, origin }) => {
    await one.click(`${edges} >> nth=1`, { force: true });
    await one.click('.wire-tools [aria-label="Comment on this connection"]');
    await one.waitForSelector(`.inspector ${WRITE}:focus`);
    await one.keyboard.type("Does it need all of it, @Grace Hopper?");
    await one.keyboard.press("Enter");
    await one.waitForSelector('.inspector h2:has-text("Sum → Tell")');
    await two.waitForSelector('.wire-said:has-text("1")');
    await two.click(`${edges} >> nth=0`, { force: true, button: "right" });
    await two.click('[role=menuitem]:has-text("Comment")');
    await two.waitForSelector(`.inspector ${WRITE}:focus`);
    await two.keyboard.type("Nothing for anybody");
    await two.keyboard.press("Enter");

    await two.click('.thread-count:has-text("2 open threads")');
    assert.equal(await two.locator(".thread-list li").count(), 2);
    await two.check(".thread-list input");
    assert.equal(await two.locator(".thread-list li").count(), 1);
    await two.click('.thread-list li button:has-text("Sum → Tell")');
    await two.waitForSelector('.inspector .thread mark:text-is("@Grace Hopper")');
    await two.click('.inspector .thread button:has-text("Link")');
    const link = await two.evaluate(() => navigator.clipboard.readText());
    assert.ok(link.startsWith(`${origin}/workflows/${id}?comment=`), link);
    await one.goto(link);
    await one.waitForSelector('.inspector .thread:has-text("Does it need all of it")');
    await one.click('.inspector .thread button:has-text("Resolve")');
    await two.waitForSelector('.thread-count:has-text("1 open thread")');
    await two.waitForFunction(() => document.querySelectorAll(".wire-said").length === 1);
  }));

test("a frame has threads, and a link leads to its moment", () =>
  withTwo(CODE, async ({ one, two, id, origin }) => {
    const { runId } = await api(one, "POST", `/workflows/${id}/runs?wait=true`, { input: {} });
    await one.goto(`${origin}/workflows/${id}?run=${runId}`);
    await one.waitForSelector(`${node("sum")} .step[data-status="COMPLETED"]`);
    await one.click(`${node("sum")} .step-title`);
    await one.waitForSelector('.run-frame[aria-label="Frame of Sum"]');
    await one.click('.run-tab:has-text("Comments")');
    await one.fill(`.run-part ${WRITE}`, "Three, as it should be");
    await one.keyboard.press("Enter");
    await one.waitForSelector('.run-tab:has-text("Comments 1")');
    await two.click(".thread-count");
    await two.click('.thread-list li button:has-text("Three, as it should be")');
    await two.waitForSelector('.run-frame[aria-label="Frame of Sum"]');
    await two.waitForSelector('.run-part .thread:has-text("Three, as it should be")');
    await two.click('.run-part .thread button:has-text("Link")');
    const link = await two.evaluate(() => navigator.clipboard.readText());
    await one.goto(link);
    await one.waitForSelector('.run-part .thread:has-text("Three, as it should be")');
  }));
