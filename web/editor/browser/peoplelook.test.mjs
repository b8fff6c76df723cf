/** How working together looks, and whether everybody can use it: axe, in light and dark, wide and narrow. */
import { MOD, node, openWorkflow, stillness } from "./editor.mjs";
import { joinRoom } from "./hand.mjs";
import { api, startBrowser } from "./harness.mjs";
import { looks } from "./looks.mjs";
import { CODE } from "./two.mjs";

/** Others in the room, as their own editors would tell of them. */
async function company(service, context, id) {
  const [cookie] = await context.cookies();
  const people = [
    ["Ada Lovelace", "#2563eb", { selection: ["sum"], pointer: { x: 380, y: 40 } }],
    ["Grace Hopper", "#c2410c", { selection: ["tell"], pointer: { x: 690, y: 220 } }],
    ["Margaret Hamilton", "#0f766e", { pointer: { x: 120, y: 240 } }],
    ["Katherine Johnson", "#be185d", {}],
    ["FlowForge AI", "#7c3aed", { kind: "ai", doing: "drafting", pointer: { x: 500, y: 300 } }],
  ];
  const hands = [];
  for (const [name, color, { kind = "person", ...state }] of people) {
    const hand = await joinRoom(service, `${cookie.name}=${cookie.value}`, id, { name });
    hand.awareness.setLocalState({ user: { name, color, kind }, place: { view: "canvas" }, ...state });
    hands.push(hand);
  }
  return {
    /** Some of them look at a run. */
    watch(run, moments) {
      moments.forEach(([seq, opened, node], at) => {
        const { awareness } = hands[at];
        const place = { view: "run", run, seq, frame: { opened, node } };
        awareness.setLocalState({ ...awareness.getLocalState(), place });
      });
    },
    leave: () => hands.forEach((hand) => hand.leave()),
  };
}

/** What of the page's head lies on something else, is cut off, or is outside the window. */
const crowded = (page) =>
  page.evaluate(() => {
    const parts = [...document.querySelectorAll(".header > *, .header-middle > *, .people > *")]
      .filter((part) => !part.matches(".sr-only") && part.getClientRects().length > 0)
      .map((part) => ({ part, box: part.getBoundingClientRect() }));
    const name = ({ part }) => part.getAttribute("aria-label") ?? part.className;
    const isApart = (a, b) => a.right <= b.left + 0.5 || b.right <= a.left + 0.5;
    const found = [];
    for (const [at, one] of parts.entries()) {
      if (one.box.left < 0 || one.box.right > innerWidth) found.push(`${name(one)} is outside`);
      const { parentElement: around } = one.part;
      if (one.box.right > around.getBoundingClientRect().right + 0.5) found.push(`${name(one)} is cut off`);
      for (const other of parts.slice(at + 1)) {
        if (one.part.contains(other.part) || isApart(one.box, other.box)) continue;
        found.push(`${name(one)} is on ${name(other)}`);
      }
    }
    return found;
  });

looks(
  "together",
  async (editor) => {
    const { page, origin, service, context, width, seen } = editor;
    const id = await openWorkflow(editor, CODE);
    await page.waitForSelector('.saved[data-state="saved"]', { state: "attached" });
    await page.click(`${node("sum")} .step-title`);
    await page.keyboard.press("m");
    await page.waitForSelector(".inspector .thread-write textarea:focus");
    await page.keyboard.type("Why 2, @Ada Lovelace? It was 3 in the first draft of this.");
    await page.keyboard.press("Enter");
    await page.fill('[aria-label="Answer"]', "Because of the new prices, @Owner.");
    await page.press('[aria-label="Answer"]', "Enter");
    const others = await company(service, context, id);
    await page.waitForSelector(".people-more");
    await seen("together-comments");
    await page.click(".react-flow__edge >> nth=1", { force: true });
    await page.waitForSelector(".wire-tools");
    await page.fill('.inspector [aria-label="Say something about this"]', "All of it?");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".wire-tools [data-said]");
    await seen("together-edge");
    await page.click(".thread-count");
    await page.waitForSelector(".thread-list li");
    await seen("together-threads");
    await page.keyboard.press("Escape");
    await page.click(".people-more");
    await page.waitForSelector(".people-list li");
    await seen("together-people");
    await page.keyboard.press("Escape");
    await page.click(".person.me");
    await page.waitForSelector(".people-me");
    await seen("together-me");
    await page.click('.people-me button:has-text("Invite…")');
    await page.waitForSelector(".invite");
    await seen("together-invite");
    await page.fill("[role=dialog] .people-name input", "Vera Rubin");
    await page.check('[role=dialog] label:has-text("May only look") input');
    await page.click('[role=dialog] button:has-text("Make the link")');
    await page.waitForSelector(".invite-link");
    await seen("together-link");
    const link = await page.inputValue(".invite-link input");
    await page.keyboard.press("Escape");

    await page.keyboard.press(`${MOD}+i`);
    await page.fill('[aria-label="Message"]', "add a step that logs it after sum");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".review");
    await seen("together-review");
    await page.click('[aria-label="Decide later"]');
    await page.keyboard.press(`${MOD}+i`);
    await page.waitForSelector(".proposal-chip");
    await stillness(page);
    await seen("together-chip");
    const { runId } = await api(page, "POST", `/workflows/${id}/runs?wait=true`, { input: {} });
    await page.goto(`${origin}/workflows/${id}?run=${runId}`);
    await page.waitForSelector(`${node("sum")} .step[data-status="COMPLETED"]`);
    await page.click(`${node("sum")} .step-title`);
    await page.click('.run-tab:has-text("Comments")');
    await seen("together-frame");
    others.watch(runId, [
      [5, 4, "sum"],
      [8, 6, "tell"],
      [3, 2, "start"],
    ]);
    await page.fill('.run-part [aria-label="Say something about this"]', "Three, @Grace Hopper, as it should be.");
    await page.keyboard.press("Enter");
    await page.goto(`${origin}/runs/${runId}`);
    await page.waitForSelector(".run-company");
    await page.waitForSelector(".run-said");
    await page.click(`${node("sum")} .step-title`);
    await page.click('.run-tab:has-text("Comments")');
    await page.waitForSelector(".run-part .thread");
    await seen("together-run");
    await page.click('[aria-label="Frames as a list"]');
    await page.waitForSelector(".run-list-here .avatar");
    await seen("together-run-list");
    await page.click(".people-more");
    await page.waitForSelector(".people-list li");
    await seen("together-run-people");
    await page.keyboard.press("Escape");
    const next = structuredClone(CODE);
    next.graph.nodes[1].params.code = "let a = 1;\nlet b = 3;\na + b";
    await api(page, "POST", `/workflows/${id}/publish`, {});
    await api(page, "PUT", `/workflows/${id}`, next);
    const after = await api(page, "POST", `/workflows/${id}/runs?wait=true`, { input: {} });
    await page.goto(`${origin}/runs/${after.runId}?diff=${runId}`);
    await page.click('.run-tools [title="Find the edit that broke it…"]');
    await page.waitForSelector("[role=dialog] select >> nth=1");
    await page.click('[role=dialog] button:has-text("Find it")');
    await page.waitForSelector(".bisect-found .ai-changes");
    await seen("together-bisect");
    await page.goto(`${origin}/workflows/${id}`);
    await page.waitForSelector(".people-more");
    await page.keyboard.press(`${MOD}+Shift+h`);
    await page.waitForSelector(".version-row >> nth=1");
    await stillness(page);
    await seen("together-history");
    await page.click(".version-row >> nth=1");
    await page.waitForSelector(".version[data-open]");
    await stillness(page);
    await seen("together-version");
    await page.click('[aria-label="Close the history"]');
    await page.click(".publish");
    await page.waitForSelector(".publish-runs input >> nth=1");
    await seen("together-publish");
    await page.keyboard.press("Escape");

    const viewer = await startBrowser({ ...service, link, origin }, { width });
    await viewer.page.goto(`${origin}/workflows/${id}`);
    await viewer.page.waitForSelector(".canvas-note");
    await viewer.page.waitForSelector(".proposal-chip");
    await stillness(viewer.page);
    await seen("together-viewer", viewer.page);
    await viewer.close();
    others.leave();
  },
  { alsoChecked: crowded },
);
