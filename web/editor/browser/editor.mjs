/** What a person does in the editor, for the tests in this folder. */
import { api, startBrowser, startService } from "./harness.mjs";

export const node = (id) => `.react-flow__node[data-id="${id}"]`;
export const port = (id, side, name) => `${node(id)} .port.${side}[data-handleid="${name}"]`;
const isMac = process.platform === "darwin";
export const MOD = isMac ? "Meta" : "Control";

/**
 * Runs a test with a service and a browser of its own, and checks that the page behaved. `before` puts a server before the
 * service, which the browser then talks to.
 */
export async function withEditor(test, options = {}) {
  const real = await startService(undefined, { allow: options.allow ?? [], env: options.env ?? {} });
  const fake = options.before ? await options.before(real) : null;
  const service = fake ?? real;
  try {
    const browser = await startBrowser(service, options);
    try {
      await test({ ...browser, service, fake, origin: service.origin });
      if (browser.strangers.length > 0) throw new Error(`requests to other hosts: ${browser.strangers.join(", ")}`);
      const faults = browser.faults.filter((fault) => !(options.expected ?? []).some((word) => fault.includes(word)));
      if (faults.length > 0) throw new Error(`the page complained: ${faults.join("\n")}`);
    } finally {
      await browser.close();
    }
  } finally {
    await fake?.stop();
    await real.stop();
  }
}

/** Makes a workflow and opens it. */
export async function openWorkflow({ page, origin }, workflow) {
  const { id } = await api(page, "POST", "/workflows", workflow);
  await page.goto(`${origin}/workflows/${id}`);
  await page.waitForSelector(workflow.graph?.nodes?.length === 0 ? ".canvas-empty" : ".react-flow__node, .overview");
  await stillness(page);
  return id;
}

/** Waits until the page has saved everything. */
export async function saved(page) {
  await page.waitForSelector('.saved[data-state="saved"]', { timeout: 5000 });
}

/** The workflow as the service has it now. */
export async function stored(page, id) {
  await page.waitForTimeout(50);
  await saved(page);
  return api(page, "GET", `/workflows/${id}`);
}

/** Waits until nothing moves: two looks at the nodes give the same. */
export async function stillness(page) {
  await page.waitForFunction(
    () => {
      const now =
        [...document.querySelectorAll(".react-flow__node")]
          .map((e) => JSON.stringify(e.getBoundingClientRect()))
          .join() + (document.querySelector(".react-flow__viewport")?.getAttribute("style") ?? "");
      const before = window.__before;
      window.__before = now;
      return before === now;
    },
    undefined,
    { polling: 80 },
  );
}

export async function middle(page, selector) {
  const box = await page.locator(selector).first().boundingBox();
  if (!box) throw new Error(`not on the screen: ${selector}`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Drags by the pointer, in steps as a hand does. */
export async function drag(page, from, to) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  for (let step = 1; step <= 12; step++) {
    await page.mouse.move(from.x + ((to.x - from.x) * step) / 12, from.y + ((to.y - from.y) * step) / 12);
  }
  await page.mouse.up();
  await stillness(page);
}

/** Picks a node type in the open palette by words. */
export async function pick(page, words, title) {
  await page.waitForSelector(".palette [cmdk-input]");
  await page.keyboard.type(words);
  await page.waitForSelector(`.palette [cmdk-item][data-selected="true"] .font-medium:text-is("${title}")`);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".palette", { state: "detached" });
  await stillness(page);
}

export const ids = (workflow) => workflow.graph.nodes.map(({ id }) => id);
export const wires = (workflow) =>
  workflow.graph.edges.map(
    (edge) => `${edge.source}.${edge.sourcePort ?? "out"}>${edge.target}.${edge.targetPort ?? "in"}`,
  );
