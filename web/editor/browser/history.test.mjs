/** The history of a workflow in a real browser: versions, blame, publishing, branches, and the edit that broke a run. */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import { MOD, node, openWorkflow, saved, stillness, withEditor } from "./editor.mjs";
import { api } from "./harness.mjs";
import { changed, SUM } from "./sum.mjs";

const put = (page, workflow) => api(page, "PUT", `/workflows/${workflow.id}`, workflow);
const said = (page, text) => page.waitForSelector(`.said:has-text("${text}")`);
const codeOf = async (page, id) => (await api(page, "GET", `/workflows/${id}`)).graph.nodes[1].params.code;
const openHistory = async (page) => {
  await page.keyboard.press(`${MOD}+Shift+h`);
  await page.waitForSelector(".version-row");
};

test("versions: looked at on the canvas with what has changed since, named, restored and taken back", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, SUM);
    await openHistory(page);
    assert.equal(await page.locator(".version-row").count(), 1);
    // A version that comes meanwhile is there by itself.
    const second = changed("input.a + input.b + input.c");
    second.graph.nodes.push({ id: "more", type: "log", params: { message: "more" }, position: { x: 288, y: 208 } });
    await put(page, second);
    await page.waitForSelector(".version-row >> nth=1");
    await page.waitForSelector(node("more"));
    assert.match(await page.textContent(".version-row >> nth=0"), /saved/);
    // The one before, by the keyboard.
    await page.locator(".version-now").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".version-bar");
    await page.waitForSelector(`${node("more")} .ghost-badge:has-text("New")`);
    await page.waitForSelector(`${node("total")} .ghost-badge:has-text("Changed")`);
    assert.match(page.url(), /version=/);
    await page.waitForSelector('.ai-changes [data-mark="changed"]:has-text("Total")');
    await page.waitForSelector('.by:has-text("Total: code")');
    assert.equal(await page.locator(".toolbar:has-text('Add')").count(), 0, "a version is not edited");
    await page.fill('[aria-label="Name of this version"]', "Two prices");
    await page.keyboard.press("Enter");
    await page.waitForSelector('.version[data-named]:has-text("Two prices")');
    await page.waitForSelector('.version-bar:has-text("Two prices")');
    // A link to it opens it.
    await page.reload();
    await page.waitForSelector('.version-bar:has-text("Two prices")');
    await page.waitForSelector(".version[data-open]");
    await page.click(".version-bar button:has-text('Restore')");
    await said(page, "Restored");
    await page.waitForSelector(node("more"), { state: "detached" });
    assert.equal(await codeOf(page, "sum"), "input.a + input.b");
    await page.waitForSelector('.version-row:has-text("restored")');
    await page.click(".said button:has-text('Undo')");
    await page.waitForSelector(node("more"));
    assert.equal(await codeOf(page, "sum"), "input.a + input.b + input.c");
    await page.waitForSelector(".version-row >> nth=3");
    await page.click('[aria-label="Close the history"]');
    await page.waitForSelector(".history", { state: "detached" });
    await saved(page);
    await stillness(page);
  }));

test("publishing: recorded runs are played again first, what differs is shown, and then a person decides", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, SUM);
    await page.click('.publish[data-state="never"]');
    await page.waitForSelector('[role=dialog]:has-text("Never published")');
    await page.click('[role=dialog] button:has-text("Publish without a check")');
    await said(page, "Published");
    await page.waitForSelector('.publish[data-state="same"]');
    for (const b of [0, 2, 3]) {
      await api(page, "POST", "/workflows/sum/runs?wait=true", { input: { a: 1, b } });
    }
    await put(page, changed("input.a + input.b + input.b"));
    await page.waitForSelector('.publish[data-state="differs"]:has-text("1")');
    await page.click(".publish");
    await page.waitForSelector('.by:has-text("Total: code")');
    await page.waitForSelector(".publish-runs input >> nth=2");
    await page.click('[role=dialog] button:has-text("Play them again, then publish")');
    await page.waitForSelector('.checked-tally:has-text("1 same, 2 differ")');
    await page.waitForSelector('.checked li:has-text("another output") del');
    assert.equal((await api(page, "GET", "/workflows/sum/published")).draftDiffers, true, "nothing is published yet");
    await page.click('[role=dialog] button:has-text("Publish all the same")');
    await said(page, "Published");
    await page.waitForSelector('.publish[data-state="same"]');
  }));

test("a branch is made, changed, and merged back by part", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, SUM);
    await page.click('[aria-label="More for this workflow"]');
    await page.click('[role=menuitem]:has-text("Branch…")');
    await page.fill("[role=dialog] input", "Try tax");
    await page.keyboard.press("Enter");
    await page.waitForSelector('.branch-of:has-text("Branch of Sum of prices")');
    const branch = new URL(page.url()).pathname.split("/").at(-1);
    assert.notEqual(branch, "sum");
    const more = changed("(input.a + input.b) * 2", { id: branch, name: "Try tax" });
    more.graph.nodes[2].params.fields.text = "With tax: {{ input }}";
    await put(page, more);
    await page.click('.branch-of button:has-text("Merge back")');
    await page.waitForURL(/workflows\/sum$/);
    await page.waitForSelector(".review");
    await page.waitForSelector(`${node("total")} .ghost-badge`);
    await page.waitForSelector(".history .ai-part >> nth=1");
    assert.equal(await codeOf(page, "sum"), "input.a + input.b", "nothing is changed before somebody accepts it");
    // Only the part about the total is taken.
    for (const part of await page.locator(".ai-part").all()) {
      if (!(await part.textContent()).includes("`total`")) await part.locator("input").click();
    }
    await page.click('.history .button:has-text("Merge")');
    await page.waitForSelector(".ai-outcome");
    const merged = await api(page, "GET", "/workflows/sum");
    assert.equal(merged.graph.nodes[1].params.code, "(input.a + input.b) * 2");
    assert.equal(merged.graph.nodes[2].params.fields.text, "The sum is {{ input }}");
  }));

test("from a failed run to the edit that broke it", () =>
  withEditor(async (editor) => {
    const { page, origin } = editor;
    await openWorkflow(editor, SUM);
    const run = async () => (await api(page, "POST", "/workflows/sum/runs?wait=true", { input: { a: 1, b: 2 } })).runId;
    await run();
    const texts = ["input.b + input.a", "input.a + input.nothing.at.all", "input.a + input.nothing.at.all + 1"];
    for (const [at, code] of texts.entries()) await put(page, changed(code, { description: `edit ${at}` }));
    const failed = await run();
    await page.goto(`${origin}/runs/${failed}`);
    await page.waitForSelector(".run-slider");
    await page.click('.run-tools [title="Find the edit that broke it…"]');
    await page.waitForSelector('[role=dialog] button:has-text("among 3 versions")');
    await page.click('[role=dialog] button:has-text("Find it")');
    await page.waitForSelector(".bisect-found");
    await page.waitForSelector('.bisect-found .ai-changes:has-text("input.a + input.nothing.at.all")');
    assert.doesNotMatch(await page.textContent(".bisect-found .ai-changes"), /all \+ 1/);
    await page.waitForSelector('.bisect-found .by:has-text("Total: code")');
    await page.click(".bisect-found summary");
    await page.waitForSelector(".bisect-steps li");
    await page.click('.bisect-found button:has-text("Show this version")');
    await page.waitForSelector(".version-bar");
    await page.waitForSelector('.version[data-open] .ai-changes:has-text("nothing.at.all")');
  }));

test("blame, the version that a run executed, and who changed what between two runs", () =>
  withEditor(async (editor) => {
    const { page, origin } = editor;
    await openWorkflow(editor, SUM);
    const run = async () => (await api(page, "POST", "/workflows/sum/runs?wait=true", { input: { a: 1, b: 2 } })).runId;
    const first = await run();
    await put(page, changed("input.a * 10 + input.b"));
    const second = await run();
    // A node says who changed it last, and each of its fields leads to the version.
    await page.click(node("total"));
    await page.click(".blame-last");
    await page.click('.blame-field:has-text("code")');
    await page.waitForSelector('.version[data-open] .ai-changes:has-text("input.a * 10")');
    await page.click('.version-bar button:has-text("Back to now")');
    // The run tells its version, and steps to the one before.
    await page.goto(`${origin}/runs/${second}?diff=${first}`);
    await page.click('.diff-line:has-text("Who changed what")');
    await page.waitForSelector('.diff-open .by:has-text("Total: code")');
    await page.waitForSelector(".diff-open .edit-link");
    await page.click('.diff-line:has-text("Total")');
    await page.waitForSelector('.caused-by:has-text("changed by")');
    await page.click(".caused-by .edit-link");
    await page.waitForSelector('.version[data-open] .ai-changes:has-text("input.a * 10")');
    await page.waitForSelector('.version[data-open] .version-chip:has-text("this run")');
    await page.click('[aria-label="The version before"]');
    await page.waitForSelector('.version[data-open]:has-text("first version")');
    await page.waitForSelector(`${node("total")} .ghost-badge:has-text("Changed")`);
    assert.match(page.url(), new RegExp(`run=${second}`));
  }));
