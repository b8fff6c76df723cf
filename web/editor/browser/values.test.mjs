/** What lies in a run is read: lists as a table, bytes as what they are; and a field is dragged to where it is used. */
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "./attempt.mjs";
import { deflateSync, crc32 } from "node:zlib";
import { node, openWorkflow, stored, withEditor } from "./editor.mjs";
import { api, SHOTS } from "./harness.mjs";
import { openRun, ran } from "./runs.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Gives as many orders as it is told; some have a field more, one is a record too large to come whole. */
const SALES = {
  id: "sales",
  name: "Sales",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      {
        id: "list",
        type: "code.rhai",
        name: "List orders",
        params: {
          code: `let out = [];
let long = "";
for i in range(0, 500) { long += "twelve chars"; }
for i in range(0, input.count) {
  let order = #{ id: i, buyer: "Buyer " + i, total: i * 1.25, lines: [#{ sku: "a-" + i, pieces: 2 }], paid: i % 3 == 0 };
  if i % 4 == 0 { order.note = if i == 4 { long } else { "urgent" }; }
  out.push(order);
}
out`,
        },
        position: { x: 288, y: 96 },
      },
      { id: "tell", type: "log", name: "Tell", params: { message: "" }, position: { x: 576, y: 96 } },
    ],
    edges: [
      { source: "start", target: "list" },
      { source: "list", target: "tell" },
    ],
  },
};

const FILES = {
  id: "files",
  name: "Files",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      { id: "keep", type: "log", params: { message: "kept" }, position: { x: 288, y: 96 } },
    ],
    edges: [{ source: "start", target: "keep" }],
  },
};

/** A picture that does not become small: its points are noise. */
function png(width, height) {
  const points = Buffer.alloc((width * 3 + 1) * height);
  for (let at = 0, x = 7; at < points.length; at++)
    points[at] = at % (width * 3 + 1) === 0 ? 0 : (x = (x * 75) % 65537) & 255;
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    start,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(points)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const bytes = (content) => ({ $bytes: Buffer.from(content).toString("base64") });

async function findings(page) {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run(".json", { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`);
}

async function picture(page, name) {
  await mkdir(SHOTS, { recursive: true });
  await page.waitForTimeout(250);
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** Stands at the end of a node. */
async function closedAt(page, run, id) {
  const { node: of, nodes, closed } = await api(page, "GET", `/runs/${run}/timeline`);
  return closed[of.indexOf(nodes.indexOf(id))];
}

const cells = (page, row) => page.locator(`[role=row][aria-rowindex="${row + 2}"] [role=gridcell]`).allTextContents();

for (const theme of ["light", "dark"]) {
  test(`a list of records is a table, ${theme}`, () =>
    withEditor(
      async (editor) => {
        const { page } = editor;
        const run = await ran(page, SALES, { count: 3000 });
        await openRun(editor, run, `?seq=${await closedAt(page, run, "list")}`);
        await page.click('.json [aria-label="Table"]');
        await page.waitForSelector('[role=grid] [role=columnheader]:has-text("note")');
        assert.equal(await page.getAttribute("[role=grid]", "aria-rowcount"), "3001");
        const headers = await page.locator("[role=columnheader]").allTextContents();
        assert.deepEqual(headers.slice(1).sort(), ["buyer", "id", "lines", "note", "paid", "total"]);
        const place = (name) => headers.indexOf(name) - 1;
        assert.equal((await cells(page, 2))[place("buyer")], "Buyer 2");
        // The one that was cut is read by its fields.
        await page.waitForSelector('[role=row][aria-rowindex="6"]:has-text("twelve chars")');
        assert.ok((await page.locator("[role=gridcell]").count()) < 600, "only rows in sight are there");
        await page.locator("[role=grid]").focus();
        await page.keyboard.press("ArrowRight");
        await picture(page, `table-${theme}`);
        assert.deepEqual(await findings(page), []);
        await page.keyboard.press("Control+End");
        await page.waitForSelector('[role=row][aria-rowindex="3001"] [role=gridcell]:has-text("Buyer 2999")');
        const lastRow = await page.locator('[role=row][aria-rowindex="3001"]').boundingBox();
        const grid = await page.locator("[role=grid]").boundingBox();
        assert.ok(lastRow.y + lastRow.height <= grid.y + grid.height + 1, "the last row is in sight");
        assert.ok((await page.locator("[role=columnheader] >> nth=1").boundingBox()).y < grid.y + 3, "the head stays");
        await page.keyboard.press("Home");
        await page.keyboard.press("Control+Shift+C");
        const copied = await page.evaluate(() => navigator.clipboard.readText());
        assert.equal(copied, `nodes.list.output[2999].${headers[1]}`);
        await page.click('[role=row][aria-rowindex="3000"] [role=gridcell]:has-text("Buyer 2998")');
        await page.waitForSelector('[role=treeitem][aria-selected="true"]:has-text("Buyer 2998")');
        await page.waitForSelector('.json-path:text-is("nodes.list.output[2998].buyer")');
        await page.reload();
        await page.waitForSelector("[role=grid]");
      },
      { theme },
    ));
}

test("bytes are a picture, a text or numbers, and never a page", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const image = png(64, 48);
    const run = await ran(page, FILES, {
      image: bytes(image),
      page: bytes("<!doctype html><script>window.__ran = true</script><b>hello</b>"),
      drawing: bytes('<svg xmlns="http://www.w3.org/2000/svg" onload="window.__ran = true"></svg>'),
      other: bytes([0, 255, 1, 254, ...Buffer.from("tail")]),
    });
    await openRun(editor, run, `?seq=${await closedAt(page, run, "start")}`);
    const open = (key) => page.click(`.json-row:has(.json-key:text-is("${key}"))`);
    await open("image");
    await page.waitForSelector('.json-bytes:has-text("64 × 48")');
    assert.match(await page.getAttribute(".json-bytes img", "src"), /^blob:/);
    await page.locator(".json-bytes").scrollIntoViewIfNeeded();
    await picture(page, "bytes");
    assert.deepEqual(await findings(page), []);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.click('.json-bytes button:has-text("Save as")'),
    ]);
    assert.equal(download.suggestedFilename(), "image.png");
    assert.ok(image.equals(await readFile(await download.path())), "the file is what went in");
    await open("image");
    await open("page");
    await page.waitForSelector('.json-bytes:has-text("HTML, as text"):has-text("<b>hello</b>")');
    await open("page");
    await open("drawing");
    await page.waitForSelector('.json-bytes:has-text("SVG, as text"):has-text("onload")');
    assert.equal(await page.locator(".json-bytes img").count(), 0);
    await open("drawing");
    await open("other");
    await page.waitForSelector('.json-bytes:has-text("00 ff 01 fe 74 61 69 6c")');
    assert.equal(await page.evaluate(() => window.__ran), undefined);
  }));

test("a field is dragged into a parameter, from the tree and from the table", () =>
  withEditor(async (editor) => {
    const { page } = editor;
    const id = await openWorkflow(editor, { ...SALES, graph: { ...SALES.graph, nodes: withCount(3) } });
    await page.click(node("tell"));
    await page.click('.inspector button:has-text("Run to here"), .inspector [title^="Run up to"]');
    await page.waitForSelector(".dock .run-frame");
    await page.click('.dock .run-tab:has-text("Input")');
    await page.click(node("tell"));
    const message = page.locator(".inspector").getByRole("textbox", { name: "Message" });
    await page.click('.dock .json-row:has(.json-key:text-is("1"))');
    await page.locator('.dock .json-row:has(.json-key:text-is("buyer"))').dragTo(message, { timeout: 4000 });
    const written = async () => (await stored(page, id)).graph.nodes.find((one) => one.id === "tell").params.message;
    assert.equal(await written(), "{{ input[1].buyer }}");
    await page.click('.dock .json [aria-label="Table"]');
    await page.locator('.dock [role=gridcell]:text-is("Buyer 2")').dragTo(message, { timeout: 4000 });
    assert.match(await written(), /input\[2\]\.buyer/);
  }));

/** The orders without an input to be asked for. */
function withCount(count) {
  return SALES.graph.nodes.map((one) =>
    one.id === "list" ? { ...one, params: { code: one.params.code.replace("input.count", String(count)) } } : one,
  );
}
