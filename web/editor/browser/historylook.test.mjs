/** How the history looks, and whether everybody can use it: axe, in light and dark, wide and narrow. */
import { MOD, node, openWorkflow, stillness } from "./editor.mjs";
import { api } from "./harness.mjs";
import { looks } from "./looks.mjs";
import { ORDERS } from "./runs.mjs";

const again = (code, more) => {
  const next = structuredClone(ORDERS);
  next.graph.nodes[1].params.code = next.graph.nodes[1].params.code.replace("i * 37", code);
  more?.(next);
  return next;
};

looks("the history", async (editor) => {
  const { page, origin, seen } = editor;
  const put = (workflow) => api(page, "PUT", `/workflows/${workflow.id}`, workflow);
  const run = async (count) =>
    (await api(page, "POST", "/workflows/checked-orders/runs?wait=true", { input: { count } })).runId;
  await openWorkflow(editor, ORDERS);
  const first = await run(12);
  await api(page, "POST", "/workflows/checked-orders/publish", {});
  await put(
    again("i * 41", (next) => {
      next.graph.nodes.push({
        id: "more",
        type: "log",
        name: "Tell all",
        params: { message: "news" },
        position: { x: 288, y: 288 },
      });
    }),
  );
  const second = await run(12);
  await put(again("i * 2", (next) => (next.config = { maxParallel: 2 })));
  const { items } = await api(page, "GET", "/workflows/checked-orders/history");
  await api(page, "PUT", `/workflows/checked-orders/versions/${items[1].hash}/name`, {
    name: "Before the prices were halved",
  });
  await page.click(node("list"));
  await page.click(".blame-last");
  await page.waitForSelector(".blame-field");
  await seen("history-blame");
  await page.keyboard.press(`${MOD}+Shift+h`);
  await page.waitForSelector(".version-row >> nth=2");
  await seen("history");
  await page.click(".version-row >> nth=2");
  await page.waitForSelector(".version[data-open] .ai-diff .cm-changedLine");
  await stillness(page);
  await seen("history-version");
  await page.click('.version-bar button:has-text("Branch from here")');
  await page.waitForSelector("[role=dialog] input");
  await seen("history-branch");
  await page.keyboard.press("Escape");
  await page.click('.version-bar button:has-text("Back to now")');
  await page.click('[aria-label="Close the history"]');
  await page.click(".publish");
  await page.waitForSelector(".publish-runs input >> nth=1");
  await seen("history-publish");
  await page.click('[role=dialog] button:has-text("Play them again")');
  await page.waitForSelector(".checked li");
  await seen("history-checked");
  await page.keyboard.press("Escape");
  await page.goto(`${origin}/runs/${second}?diff=${first}`);
  await page.click('.diff-line:has-text("Who changed what")');
  await page.waitForSelector(".diff-open .edit-link");
  await seen("history-between");
  await page.click('.run-tools [title="Find the edit that broke it…"]');
  await page.waitForSelector("[role=dialog] select >> nth=1");
  await seen("history-bisect");
  await page.click('[role=dialog] button:has-text("Find it")');
  await page.waitForSelector(".bisect-found .ai-changes");
  await seen("history-found");
  await page.keyboard.press("Escape");
  await page.click('[aria-label="The version before"]');
  await page.waitForSelector(".version-bar");
  await seen("history-run");
  const { id } = await api(page, "POST", "/workflows/checked-orders/branch", { name: "Try other prices" });
  await put({ ...again("i * 3"), id, name: "Try other prices" });
  await page.goto(`${origin}/workflows/${id}`);
  await page.waitForSelector(".branch-of");
  await stillness(page);
  await seen("history-branched");
  await page.click('.branch-of button:has-text("Merge back")');
  await page.waitForSelector(".history .ai-proposal .ai-changes, .history .ai-part");
  await stillness(page);
  await seen("history-merge");
});
