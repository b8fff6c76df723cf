/** The list of workflows, the command palette, and the windows over the page. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "./attempt.mjs";
import { MOD, node, openWorkflow, withEditor } from "./editor.mjs";
import { api } from "./harness.mjs";

const HELLO =
  "id: hello\nname: Hello\ntags: [greeting]\ngraph:\n  nodes:\n    - { id: start, type: trigger.manual }\n  edges: []\n";

test("import, search, tags, export, duplicate, delete and bring back", () =>
  withEditor(
    async ({ page, origin }) => {
      await page.goto(origin);
      await page.click('button:has-text("Import")');
      await page.fill(".import textarea", "nodes: [");
      await page.click('.import button:has-text("Import")');
      await page.waitForSelector(".import .field-error");
      await page.fill(".import textarea", HELLO);
      await page.click('.import button:has-text("Import")');
      await page.waitForSelector(node("start"));
      await page.click(".brand");
      await page.waitForSelector('.row-link:has-text("Hello")');
      await page.fill(".search input", "no such thing");
      await page.waitForSelector("text=No workflow fits");
      await page.fill(".search input", "hel");
      await page.waitForSelector(".row-link");
      await page.click('button.tag:has-text("greeting")');
      await page.waitForSelector('button.tag[aria-pressed="true"]');
      await page.waitForSelector(".row-link");

      await page.click('[aria-label="More for Hello"]');
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Export as YAML")]);
      assert.equal(download.suggestedFilename(), "hello.yaml");
      assert.match(await readFile(await download.path(), "utf8"), /trigger\.manual/);

      await page.click('[aria-label="More for Hello"]');
      await page.click("text=Duplicate");
      await page.waitForSelector(node("start"));
      assert.equal(await page.inputValue(".workflow-name"), "Hello (copy)");
      await page.click(".brand");

      await page.click('[aria-label="More for Hello"]');
      await page.click('[role=menuitem]:has-text("Delete")');
      await page.waitForSelector('[aria-label="More for Hello"]', { state: "detached" });
      await page.click(".said-box button");
      await page.waitForSelector('[aria-label="More for Hello"]');
      assert.equal((await api(page, "GET", "/workflows/hello")).name, "Hello");
    },
    { expected: ["400"] },
  ));

test("the command palette finds nodes, workflows and actions; the help lists the keys", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, {
      id: "one",
      name: "One",
      graph: {
        nodes: [
          { id: "deep", type: "log", name: "Deep thought", position: { x: 3000, y: 2000 } },
          { id: "start", type: "trigger.manual", position: { x: 0, y: 0 } },
        ],
        edges: [],
      },
    });
    await page.keyboard.press("0");
    await page.keyboard.press(`${MOD}+k`);
    await page.waitForSelector(".commands [cmdk-input]:focus");
    await page.keyboard.type("deep th");
    await page.waitForSelector('[cmdk-item]:has-text("Deep thought")');
    await page.keyboard.press("Enter");
    await page.waitForSelector(`${node("deep")}.selected`);
    await page.keyboard.press(`${MOD}+k`);
    await page.waitForSelector(".commands [cmdk-input]:focus");
    await page.keyboard.type("dark theme");
    await page.waitForSelector('[cmdk-item][aria-selected="true"]:has-text("Dark theme")');
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
    await page.keyboard.press("?");
    await page.waitForSelector('[role=dialog] kbd:has-text("F2")');
    await page.keyboard.press("Escape");
    await page.waitForSelector("[role=dialog]", { state: "detached" });
    await page.keyboard.press(`${MOD}+k`);
    await page.waitForSelector(".commands [cmdk-input]:focus");
    await page.keyboard.type("go to workflows");
    await page.keyboard.press("Enter");
    await page.waitForSelector("table");
  }));
