/** Several people in one workflow: two real browsers, and a third hand with the public libraries. */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import { alerts, ORDERS } from "./proposals.mjs";
import { startAiFake } from "./aiFake.mjs";
import { ids, middle, MOD, node, openWorkflow, saved, stillness, stored, withEditor } from "./editor.mjs";
import { joinRoom, until } from "./hand.mjs";
import { CODE, withTwo } from "./two.mjs";

const at = (page, id) => page.locator(node(id)).boundingBox();
/** In canvas coordinates, whatever either window shows. */
const placeOf = (page, id) => page.$eval(node(id), (element) => element.style.transform.match(/-?[\d.]+/g).map(Number));

test("two people see each other's nodes move and text appear", () =>
  withTwo(CODE, async ({ one, two, id }) => {
    const from = await middle(one, `${node("tell")} .step-title`);
    const before = await placeOf(two, "tell");
    await one.mouse.move(from.x, from.y);
    await one.mouse.down();
    await one.mouse.move(from.x + 60, from.y + 60, { steps: 8 });
    await two.waitForFunction(
      ([selector, x]) =>
        document
          .querySelector(selector)
          .style.transform.match(/-?[\d.]+/g)
          .map(Number)[0] >
        x + 20,
      [node("tell"), before[0]],
    );
    await two.waitForSelector('.company-outline .company-name:has-text("Ada moves this")');
    assert.equal(
      (await stored(two, id)).graph.nodes[2].position.x,
      576,
      "while it is in the hand the document is as it was",
    );
    await one.mouse.up();
    await stillness(one);
    await until(async () => (await stored(two, id)).graph.nodes[2].position.x > 600);
    await stillness(two);
    assert.deepEqual(await placeOf(two, "tell"), await placeOf(one, "tell"));

    await one.click(`${node("tell")} .step-title`);
    await one.fill(".inspector [data-pointer='/message'] :is(input, textarea, .cm-content)", "hello from Ada");
    await two.click(`${node("tell")} .step-title`);
    await two.waitForSelector(
      '.inspector :is(.cm-content, textarea):has-text("hello from Ada"), .inspector input[value="hello from Ada"]',
    );
  }));

test("both write in one script, see each other's carets, and each takes back only their own", () =>
  withTwo(CODE, async ({ one, two, id }) => {
    for (const page of [one, two]) await page.click(`${node("sum")} .step-title`);
    const code = ".inspector .script .cm-content";
    await one.click(`${code} .cm-line >> nth=0`);
    await one.keyboard.press("End");
    await two.click(`${code} .cm-line >> nth=2`);
    await two.keyboard.press("End");
    await two.waitForSelector('.cm-ySelectionInfo:has-text("Ada")');
    await Promise.all([one.keyboard.type(" // one", { delay: 15 }), two.keyboard.type(" + 3", { delay: 15 })]);
    const both = "let a = 1; // one\nlet b = 2;\na + b + 3";
    const codeOf = async () => (await stored(one, id)).graph.nodes[1].params.code;
    await saved(two);
    await until(async () => (await codeOf()) === both);
    await two.keyboard.press(`${MOD}+z`);
    await saved(two);
    await until(async () => (await codeOf()) === "let a = 1; // one\nlet b = 2;\na + b");
    await one.keyboard.press(`${MOD}+z`);
    await saved(one);
    await until(async () => (await codeOf()) === CODE.graph.nodes[1].params.code);
  }));

test("pointers and selections are seen by name; a person is followed until I move, and can hide", () =>
  withTwo(CODE, async ({ one, two }) => {
    await one.click(`${node("sum")} .step-title`);
    await two.waitForSelector('.company-outline .company-name:has-text("Ada")');
    await two.waitForSelector('.company-pointer .company-name:has-text("Ada")');
    const outline = await two.locator(".company-outline").boundingBox();
    const box = await at(two, "sum");
    assert.ok(Math.abs(outline.x - box.x) < 8 && Math.abs(outline.width - box.width) < 16, "around the node");
    await two.click('[aria-label="Follow Ada"]');
    await two.waitForSelector('[aria-label="Stop following Ada"][aria-pressed="true"]');
    await one.keyboard.press("Escape");
    await one.mouse.move(700, 600);
    await one.mouse.wheel(0, -400);
    await stillness(one);
    const zoom = (page) =>
      page.$eval(".react-flow__viewport", (e) => Number(e.style.transform.match(/scale\(([\d.]+)/)[1]));
    const wanted = await zoom(one);
    await until(async () => Math.abs((await zoom(two)) - wanted) < 0.02);
    await two.mouse.move(700, 600);
    await two.mouse.wheel(0, 200);
    await two.waitForSelector('[aria-label="Follow Ada"][aria-pressed="false"]');
    await one.click(".person.me");
    await one.check('.people-me input[type="checkbox"]');
    await two.waitForSelector('[aria-label="Follow Ada"]', { state: "detached" });
    await two.waitForSelector(".company-outline", { state: "detached" });
    await one.uncheck('.people-me input[type="checkbox"]');
    await two.waitForSelector('[aria-label="Follow Ada"]');
  }));

test("one goes offline and comes back: nothing typed is lost, and a notice says what arrived", () =>
  withTwo(
    CODE,
    async ({ one, two, id, service }) => {
      await service.crash();
      for (const page of [one, two]) await page.waitForSelector('.saved[data-state="offline"]');
      await one.click(`${node("tell")} .step-title`);
      await one.fill(".inspector [data-pointer='/message'] :is(input, textarea, .cm-content)", "typed offline by Ada");
      await two.fill(".workflow-name", "Renamed offline");
      await two.click(`${node("sum")} .step-title`);
      await two.click(".inspector .script .cm-content");
      await two.keyboard.press(`${MOD}+End`);
      await two.keyboard.type(" + 4");
      await service.again();
      await two.waitForSelector('.said-box:has-text("Back online. Meanwhile"), .saved[data-state="saved"]');
      await Promise.all([saved(one), saved(two)]);
      await until(async () => {
        const workflow = await stored(one, id);
        return (
          workflow.name === "Renamed offline" &&
          workflow.graph.nodes[1].params.code.endsWith("a + b + 4") &&
          workflow.graph.nodes[2].params.message === "typed offline by Ada"
        );
      });
    },
    { expected: ["ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED"] },
  ));

test("a second tab is a second peer", () =>
  withEditor(async (editor) => {
    const { page, context, origin } = editor;
    const id = await openWorkflow(editor, CODE);
    const tab = await context.newPage();
    await tab.goto(`${origin}/workflows/${id}`);
    await tab.waitForSelector(node("sum"));
    await saved(tab);
    await tab.fill(".workflow-name", "From the other tab");
    await page.waitForFunction(() => document.querySelector(".workflow-name").value === "From the other tab");
    assert.equal(await page.locator(".people [aria-label^='Follow']").count(), 1);
    await tab.close();
    await page.waitForSelector(".people [aria-label^='Follow']", { state: "detached" });
  }));

test("a proposal that one accepts is one step of theirs; what another types meanwhile stays", () =>
  withTwo(
    ORDERS,
    async ({ one, two }) => {
      await one.keyboard.press(`${MOD}+i`);
      await one.waitForSelector('[aria-label="Message"]:focus');
      await one.fill('[aria-label="Message"]', "alert");
      await one.keyboard.press("Enter");
      await one.waitForSelector(".review");
      await two.fill(".workflow-name", "Renamed by hand");
      await two.click(`${node("total")} .step-title`);
      await saved(two);
      await one.keyboard.press("Alt+Enter");
      await one.waitForSelector(".review", { state: "detached" });
      await two.waitForSelector(node("alert"));
      await two.click(".inspector .script .cm-content .cm-line >> nth=0");
      await two.keyboard.press("Home");
      await two.keyboard.type("// later\n");
      await saved(two);
      await until(async () => (await stored(one, "orders")).graph.nodes[2].params.code.includes("// later"));
      await one.click('.said-box button:has-text("Undo")');
      await two.waitForSelector(node("alert"), { state: "detached" });
      await saved(one);
      const now = await stored(one, "orders");
      assert.deepEqual(ids(now), ["start", "fetch", "total", "old"]);
      assert.equal(now.name, "Renamed by hand");
      assert.equal(now.graph.nodes[2].params.code, `// later\n${ORDERS.graph.nodes[2].params.code}`);
    },
    {
      before: (service) =>
        startAiFake(service, {
          turn: ({ hash }) => [[0, "proposal", alerts(hash)]],
          explain: () => ({}),
          heal: () => ({}),
          receipts: [],
        }),
    },
  ));

test("a script with the public libraries is a peer like any other", () =>
  withEditor(async (editor) => {
    const { page, context, service } = editor;
    const id = await openWorkflow(editor, CODE);
    const [cookie] = await context.cookies();
    const hand = await joinRoom(service, `${cookie.name}=${cookie.value}`, id, { name: "A script" });
    hand.awareness.setLocalState({ user: { name: "A script", color: "#0f766e", kind: "ai" }, selection: ["sum"] });
    await page.waitForSelector('.person[aria-label="Follow A script"] .avatar[data-kind="ai"]');
    await page.waitForSelector('.company-outline[data-kind="ai"]');
    hand.doc.getMap("nodes").get("sum").get("params").get("code").insert(0, "// by a script\n");
    await until(async () => (await stored(page, id)).graph.nodes[1].params.code.startsWith("// by a script"));
    hand.leave();
    await page.waitForSelector('.person[aria-label="Follow A script"]', { state: "detached" });
  }));

test("what one says about a node the other sees on it, answers and resolves; a link leads there", () =>
  withTwo(CODE, async ({ one, two, id, origin }) => {
    await one.click(`${node("sum")} .step-title`);
    await one.click('.panel-tab:has-text("Comments")');
    await one.fill('[aria-label="Say something about this"]', "Why 2, @Grace Hopper?");
    await one.keyboard.press("Enter");
    await two.waitForSelector(`${node("sum")} .said-count:has-text("1")`);
    await two.click(`${node("sum")} .step-title`);
    await two.click('.panel-tab:has-text("Comments")');
    await two.waitForSelector('.thread mark:text-is("@Grace Hopper")');
    await two.fill('[aria-label="Answer"]', "Because of @Ada");
    await two.keyboard.press("Enter");
    await one.waitForSelector('.thread-said >> nth=1 >> text="@Ada"');
    await one.click('.thread button:has-text("Link")');
    const link = await one.evaluate(() => navigator.clipboard.readText());
    assert.ok(link.startsWith(`${origin}/workflows/${id}?comment=`), link);
    await two.goto(link);
    await two.waitForSelector('.inspector .thread:has-text("Why 2")');
    await two.click('.thread button:has-text("Resolve")');
    await one.waitForSelector('.thread[data-resolved]:has-text("Resolved by Grace Hopper")');
    await one.waitForSelector(`${node("sum")} .said-count`, { state: "detached" });
    assert.equal(JSON.stringify(await stored(one, id)).includes("Why 2"), false, "it is no part of the workflow");
  }));
