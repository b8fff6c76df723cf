/** Building a workflow by keys and by hand. */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import {
  drag,
  ids,
  middle,
  MOD,
  node,
  openWorkflow,
  pick,
  port,
  saved,
  stillness,
  stored,
  wires,
  withEditor,
} from "./editor.mjs";
import { api } from "./harness.mjs";

const START = { id: "start", type: "trigger.manual", position: { x: 0, y: 0 } };
const EMPTY = { name: "Empty", graph: { nodes: [], edges: [] } };
const EXACT = `
id: exact
name: Exact
graph:
  nodes:
    - { id: a, type: data.set, params: { fields: { rate: 1.0, big: 9007199254740993 } } }
  edges: []
`;
const CHAIN = {
  name: "Chain",
  graph: {
    nodes: [
      START,
      { id: "a", type: "data.set", params: { fields: { x: 1 } }, position: { x: 320, y: 0 } },
      { id: "b", type: "log", params: { message: '{{ nodes["a"].output.x }}' }, position: { x: 640, y: 0 } },
    ],
    edges: [
      { source: "start", target: "a" },
      { source: "a", target: "b" },
    ],
  },
};

test("by keys alone: add, connect, rename, disable, undo, redo", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const id = await openWorkflow(editor, EMPTY);
    await page.click(".canvas-empty button");
    await pick(page, "start", "Start");
    await page.keyboard.press("Tab");
    await pick(page, "http", "HTTP request");
    await page.keyboard.press("Tab");
    await pick(page, "if", "If");
    await page.keyboard.press("F2");
    await page.keyboard.type("Is it good?");
    await page.keyboard.press("Enter");
    await page.waitForSelector(`${node("if")} .step-title:text("Is it good?")`);
    await page.keyboard.press("ArrowLeft");
    await page.waitForSelector(`${node("request")}.selected`);
    await page.keyboard.press("d");
    let workflow = await stored(page, id);
    assert.deepEqual(ids(workflow), ["manual", "request", "if"]);
    assert.deepEqual(wires(workflow), ["manual.out>request.in", "request.out>if.in"]);
    assert.equal(workflow.graph.nodes[1].disabled, true);
    assert.equal(workflow.graph.nodes[2].name, "Is it good?");
    // Five actions, five steps.
    for (let step = 0; step < 5; step++) await page.keyboard.press(`${MOD}+z`);
    workflow = await stored(page, id);
    assert.deepEqual(ids(workflow), []);
    for (let step = 0; step < 5; step++) await page.keyboard.press(`${MOD}+Shift+z`);
    workflow = await stored(page, id);
    assert.deepEqual(ids(workflow), ["manual", "request", "if"]);
    assert.equal(workflow.graph.nodes[2].name, "Is it good?");
  }));

test("by hand: drag a node, a wire to a port, a wire into the empty, a node into an edge", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const id = await openWorkflow(editor, {
      name: "Hand",
      graph: { nodes: [START, { id: "a", type: "flow.if", position: { x: 400, y: 0 } }], edges: [] },
    });
    await drag(page, await middle(page, port("start", "source", "out")), await middle(page, port("a", "target", "in")));
    assert.deepEqual(wires(await stored(page, id)), ["start.out>a.in"]);

    const from = await middle(page, port("a", "source", "true"));
    await drag(page, from, { x: from.x + 140, y: from.y - 160 });
    await page.waitForSelector(".palette");
    assert.equal(
      await page.locator('.palette [cmdk-item]:has-text("Starts the workflow")').count(),
      0,
      "a trigger has no input",
    );
    await pick(page, "log", "Log");
    assert.deepEqual(wires(await stored(page, id)), ["start.out>a.in", "a.true>log.in"]);

    await page.locator(".react-flow__edge").first().click();
    await page.click(".wire-add");
    await pick(page, "set", "Set fields");
    const workflow = await stored(page, id);
    assert.deepEqual(wires(workflow).sort(), ["a.true>log.in", "set.out>a.in", "start.out>set.in"]);
    const x = Object.fromEntries(workflow.graph.nodes.map((one) => [one.id, one.position.x]));
    assert.ok(x.start < x.set && x.set < x.a && x.a < x.log, "everything still goes to the right");

    const before = workflow.graph.nodes[0].position;
    await page.keyboard.press("Escape");
    const at = await middle(page, node("start"));
    await drag(page, at, { x: at.x - 60, y: at.y + 120 });
    assert.notDeepEqual((await stored(page, id)).graph.nodes[0].position, before);
    await page.keyboard.press(`${MOD}+z`);
    assert.deepEqual((await stored(page, id)).graph.nodes[0].position, before, "a drag is one step");
  }));

test("a node that is dropped in a loop lies in it", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const id = await openWorkflow(editor, {
      name: "Loop",
      graph: {
        nodes: [
          { id: "each", type: "flow.for_each", params: { items: [1, 2] }, position: { x: 0, y: 0 } },
          { id: "work", type: "code.rhai", params: { code: "item" }, position: { x: 20, y: 320 } },
        ],
        edges: [],
      },
    });
    const loop = await page.locator(node("each")).boundingBox();
    await drag(page, await middle(page, node("work")), {
      x: loop.x + loop.width / 2,
      y: loop.y + loop.height / 2 + 16,
    });
    const inside = (await stored(page, id)).graph.nodes.find((one) => one.id === "work");
    assert.equal(inside.parent, "each");
    assert.ok(inside.position.y >= 0 && inside.position.y < 200);
    await page.keyboard.press(`${MOD}+z`);
    const outside = (await stored(page, id)).graph.nodes.find((one) => one.id === "work");
    assert.equal(outside.parent, undefined);
    assert.deepEqual(outside.position, { x: 20, y: 320 });
  }));

test("copy, paste, cut, duplicate: as text, with edges and what expressions refer to", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const id = await openWorkflow(editor, CHAIN);
    await page.click(node("a"));
    await page.click(node("b"), { modifiers: ["Shift"] });
    await page.keyboard.press(`${MOD}+c`);
    const text = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    assert.deepEqual(
      text.nodes.map((one) => one.id),
      ["a", "b"],
    );
    assert.equal(text.edges.length, 1);
    await page.mouse.move(400, 650);
    await page.keyboard.press(`${MOD}+v`);
    await page.waitForSelector(node("b2"));
    const pasted = await stored(page, id);
    assert.deepEqual(ids(pasted), ["start", "a", "b", "a2", "b2"]);
    assert.ok(wires(pasted).includes("a2.out>b2.in"));
    assert.equal(pasted.graph.nodes[4].params.message, '{{ nodes["a2"].output.x }}');
    await page.keyboard.press(`${MOD}+d`);
    await page.waitForSelector(node("b3"));
    await page.keyboard.press(`${MOD}+x`);
    await page.waitForSelector(node("b3"), { state: "detached" });
    assert.deepEqual(ids(await stored(page, id)), ["start", "a", "b", "a2", "b2"]);
    await page.keyboard.press(`${MOD}+z`);
    await page.keyboard.press(`${MOD}+z`);
    await page.keyboard.press(`${MOD}+z`);
    assert.deepEqual(ids(await stored(page, id)), ["start", "a", "b"]);
  }));

test("notes, groups and the arrangement are in the document, too", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const id = await openWorkflow(editor, CHAIN);
    await page.click(node("a"));
    await page.click(node("b"), { modifiers: ["Shift"] });
    await page.keyboard.press(`${MOD}+g`);
    await page.waitForSelector(".group-frame");
    await page.fill(".group-head input", "Work");
    await page.keyboard.press("Escape");
    await page.click(".react-flow__pane", { position: { x: 60, y: 60 } });
    await page.mouse.move(300, 650);
    await page.keyboard.press("n");
    await page.waitForSelector(".note textarea:focus");
    await page.keyboard.type("Remember this");
    let workflow = await stored(page, id);
    assert.equal(workflow.graph.notes[0].text, "Remember this");
    assert.deepEqual(workflow.graph.groups[0].nodes, ["a", "b"]);
    assert.equal(workflow.graph.groups[0].title, "Work");
    await page.click(node("start"));
    await page.keyboard.press("l");
    await page.waitForSelector('.said-box:has-text("Arranged 3 nodes")');
    await stillness(page);
    workflow = await stored(page, id);
    const [start, a, b] = workflow.graph.nodes.map((one) => one.position.x);
    assert.ok(start < a && a < b);
  }));

test("a reload shows the same, and what was typed while the service was away is saved later", () =>
  withEditor(
    async (editor) => {
      const { page, service } = editor;
      const id = await openWorkflow(editor, CHAIN);
      await page.fill(".workflow-name", "Renamed");
      await saved(page);
      await page.reload();
      await page.waitForSelector(node("b"));
      await saved(page);
      assert.equal(await page.inputValue(".workflow-name"), "Renamed");
      await service.crash();
      await page.waitForSelector('.saved[data-state="offline"]:has-text("Offline — kept in this browser")');
      await page.fill(".workflow-name", "Written offline");
      await service.again();
      await saved(page);
      assert.equal((await stored(page, id)).name, "Written offline");
    },
    { expected: ["ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED"] },
  ));

test("what somebody else saves in the meantime is joined with mine", () =>
  withEditor(
    async (editor) => {
      const { page, service } = editor;
      const id = await openWorkflow(editor, CHAIN);
      const other = await page.evaluate(async (id) => {
        const workflow = await (await fetch(`/api/v1/workflows/${id}`)).json();
        workflow.graph.nodes.push({ id: "theirs", type: "log", position: { x: 0, y: 300 } });
        const answer = await fetch(`/api/v1/workflows/${id}`, {
          method: "PUT",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(workflow),
        });
        return answer.status;
      }, id);
      assert.equal(other, 200, service.address);
      await page.fill(".workflow-name", "Mine");
      await page.waitForSelector(node("theirs"));
      const workflow = await stored(page, id);
      assert.equal(workflow.name, "Mine");
      assert.ok(ids(workflow).includes("theirs"));
    },
    { expected: ["412"] },
  ));

test("numbers that were not touched stay what they were: 1.0 is not 1, and 64 bits are 64 bits", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const { id } = await api(page, "POST", "/workflows", EXACT);
    await page.goto(`${editor.origin}/workflows/${id}`);
    await page.waitForSelector(node("a"));
    await page.fill(".workflow-name", "Renamed");
    assert.equal((await stored(page, id)).name, "Renamed");
    const text = await page.evaluate(async (id) => (await fetch(`/api/v1/workflows/${id}`)).text(), id);
    assert.match(text, /"rate":1\.0/);
    assert.match(text, /"big":9007199254740993/);
  }));
