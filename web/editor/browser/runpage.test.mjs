/** People who look at one run, on its own page: seen, followed, hidden; and what they say about its frames. */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import { node, withEditor } from "./editor.mjs";
import { api } from "./harness.mjs";
import { moment, momentIs, openRun, ran } from "./runs.mjs";
import { CODE, withTwo } from "./two.mjs";

const WRITE = '[aria-label="Say something about this"]';
const frameOf = (name) => `.run-frame[aria-label="Frame of ${name}"]`;

/** A run that both look at, on its own page. */
const withRun = (body) =>
  withTwo(CODE, async (both) => {
    const { one, two, id, origin } = both;
    const { runId: run } = await api(one, "POST", `/workflows/${id}/runs?wait=true`, { input: {} });
    for (const page of [one, two]) {
      await page.goto(`${origin}/runs/${run}`);
      await page.waitForSelector(".run-slider");
    }
    await one.waitForSelector('[aria-label="Follow Grace Hopper"]');
    await two.waitForSelector('[aria-label="Follow Ada"]');
    await body({ ...both, run });
  });

const press = async (page, key) => {
  await page.focus(".run-slider");
  await page.keyboard.press(key);
};

test("who looks at a run is seen there, with the frame; followed from page to page; and hidden when they want to be", () =>
  withRun(async ({ one, two, id, origin, run }) => {
    await press(one, "Home");
    await press(one, "ArrowRight");
    await press(one, "ArrowRight");
    const at = await moment(one);
    await one.waitForSelector(frameOf("Sum"));
    await two.waitForSelector(`.run-company:has-text("Ada looks at Sum, event ${at}")`);
    await two.waitForSelector(`.watcher[title="Ada is at event ${at}"]`);
    assert.match(
      await two.getAttribute('[aria-label="Follow Ada"]', "title"),
      new RegExp(`Ada looks at Sum, event ${at}`),
    );

    await two.click('[aria-label="Follow Ada"]');
    await momentIs(two, at);
    await two.waitForSelector(frameOf("Sum"));
    await press(one, "End");
    await momentIs(two, await moment(one));
    // Another node's frame at the same moment.
    await one.click(`${node("start")} .step-title`);
    await one.waitForSelector(frameOf("Start"));
    await two.waitForSelector(frameOf("Start"));

    // To the workflow's own page with that run, there to the workflow itself, and back; the other comes along.
    await one.click(".workflow-link");
    await one.waitForSelector(".dock-close");
    await two.waitForSelector('[aria-label="Stop following Ada"]');
    assert.equal(new URL(two.url()).pathname, `/runs/${run}`);
    await one.click(".dock-close");
    await two.waitForURL(`${origin}/workflows/${id}`);
    await two.waitForSelector('[aria-label="Stop following Ada"]');
    await one.evaluate((run) => {
      history.pushState(null, "", `?run=${run}`);
      dispatchEvent(new PopStateEvent("popstate"));
    }, run);
    await two.waitForURL((url) => url.searchParams.get("run") === run);
    await two.waitForSelector('.run-company:has-text("Ada looks at")');

    await one.click(".person.me");
    await one.click('.people-hide:has-text("Hide me")');
    await two.waitForSelector(".run-company", { state: "detached" });
    await two.waitForSelector('[aria-label*="Ada"]', { state: "detached" });
  }));

test("a frame is talked about on the run's page; a link opens the run at that frame", () =>
  withRun(async ({ one, two, origin, run }) => {
    await one.click(`${node("sum")} .step-title`);
    await one.waitForSelector(frameOf("Sum"));
    await one.click('.run-tab:has-text("Comments")');
    await one.fill(`.run-part ${WRITE}`, "Three, @Grace Hopper, as it should be");
    await one.keyboard.press("Enter");
    await one.waitForSelector('.run-tab:has-text("Comments 1")');

    // Its mark leads there, wherever the other is.
    await press(two, "Home");
    await two.waitForSelector(".run-said");
    await two.click(".thread-count");
    await two.click('.thread-list li button:has-text("as it should be")');
    await two.waitForSelector(`${frameOf("Sum")} .thread mark:text-is("@Grace Hopper")`);
    await two.fill('.run-part [aria-label="Answer"]', "It is");
    await two.keyboard.press("Enter");
    await one.waitForSelector('.run-part .thread:has-text("It is")');
    await two.click('.run-part .thread button:has-text("Link")');
    const link = await two.evaluate(() => navigator.clipboard.readText());
    assert.ok(link.startsWith(`${origin}/runs/${run}?`), link);

    await one.goto(`${origin}/`);
    await one.goto(link);
    await one.waitForSelector(`${frameOf("Sum")} .thread[data-linked]:has-text("It is")`);
    assert.equal(new URL(one.url()).pathname, `/runs/${run}`);
    await one.click('.run-part .thread button:has-text("Resolve")');
    await two.waitForSelector(".thread-count", { state: "detached" });
    await two.waitForSelector('.run-part .thread:has-text("Resolved by Ada")');
  }));

test("a node is talked about on the run's page, too, and a link to a thread that this browser has not yet opens it", () =>
  withRun(async ({ one, two, id, origin }) => {
    await two.goto(`${origin}/runs`);
    await one.click(`${node("tell")} .step-title`);
    await one.click('.panel-tab:has-text("Comments")');
    await one.fill(`.inspector ${WRITE}`, "To whom?");
    await one.keyboard.press("Enter");
    await one.click('.inspector .thread button:has-text("Link")');
    const { searchParams } = new URL(await one.evaluate(() => navigator.clipboard.readText()));
    await two.goto(`${origin}/workflows/${id}?comment=${searchParams.get("comment")}`);
    await two.waitForSelector('.inspector .thread[data-linked]:has-text("To whom?")');
  }));

test("a run whose workflow was deleted is looked at alone", () =>
  withEditor(
    async (editor) => {
      const { page } = editor;
      const run = await ran(page, CODE, {});
      await api(page, "DELETE", `/workflows/${CODE.id}`);
      const joined = [];
      page.on("websocket", (socket) => joined.push(socket.url()));
      const asked = page.waitForResponse((response) => response.url().includes("/api/v1/workflows?"));
      await openRun(editor, run);
      await page.waitForSelector('.run-tab:has-text("Output")');
      assert.deepEqual((await (await asked).json()).items, []);
      await page.waitForTimeout(300);
      assert.equal(await page.locator('.people, .run-tab:has-text("Comments")').count(), 0);
      assert.deepEqual(joined, [], "there is no room");
    },
    // It has no history, either.
    { expected: ["404 (Not Found)"] },
  ));
