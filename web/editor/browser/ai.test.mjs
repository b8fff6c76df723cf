/** The AI beside the canvas: answers arrive, proposals stand as ghosts, are taken in part, applied and undone. */
import assert from "node:assert/strict";
import { test } from "./attempt.mjs";
import { startAiFake } from "./aiFake.mjs";
import { ids, MOD, node, openWorkflow, saved, stillness, stored, withEditor } from "./editor.mjs";
import { api } from "./harness.mjs";
import { alerts, healed, ORDERS, PRICES, proposal, RECEIPTS } from "./proposals.mjs";
import { openRun } from "./runs.mjs";

const token = (text, ms = 0) => [ms, "token", { text }];
const PLAY = {
  receipts: RECEIPTS,
  explain: () => ({ sentences: [{ text: "It fetches the orders.", about: { node: "fetch" } }], by: "rules" }),
  heal: () => ({ fixes: [], needsLiveTry: [] }),
  turn: ({ text, hash }) =>
    text.includes("alert")
      ? [
          token("I compare "),
          [0, "tool", { name: "search_nodes", about: "if, compare", ok: true }],
          token("the total."),
          [0, "proposal", alerts(hash)],
        ]
      : [token("Nothing to do.")],
};

/** An editor before whose service the AI routes are played. */
const withAi = (play, run, options = {}) =>
  withEditor(run, { ...options, before: (service) => startAiFake(service, { ...PLAY, ...play }) });

const versions = async (page) => (await api(page, "GET", "/workflows/orders/versions")).items.length;
const message = async (page, text) => {
  await page.fill('[aria-label="Message"]', text);
  await page.keyboard.press("Enter");
};
async function openChat(page) {
  await page.keyboard.press(`${MOD}+i`);
  await page.waitForSelector('[aria-label="Message"]:focus');
}
const ghosts = (page) =>
  page.$$eval(".react-flow__node [data-ghost]", (all) =>
    Object.fromEntries(all.map((e) => [e.closest(".react-flow__node").dataset.id, e.dataset.ghost])),
  );

test("a proposal is seen, accepted as one step, and undone exactly", () =>
  withAi({}, async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, ORDERS);
    await openChat(page);
    await message(page, "post an alert when the total is large");
    await page.waitForSelector(".review");
    await page.waitForSelector(`${node("alert")} [data-ghost]`);
    await stillness(page);
    assert.deepEqual(await ghosts(page), { large: "added", alert: "added", total: "changed", old: "removed" });
    assert.equal(await page.locator(".wire[data-ghost=added]").count(), 2);
    await page.waitForSelector('.review .ai-notices [data-kind="host"]:has-text("evil.test")');
    const before = await stored(page, "orders");
    const count = await versions(page);
    const seen = await page.locator(node("large")).boundingBox();
    await page.keyboard.press("Alt+Enter");
    await page.waitForSelector(".review", { state: "detached" });
    await page.waitForSelector('.said-box:has-text("Add “Over 100?” after Total")');
    await saved(page);
    assert.deepEqual(await ghosts(page), {});
    assert.deepEqual(ids(await stored(page, "orders")), ["start", "fetch", "total", "large", "alert"]);
    await page.waitForTimeout(1500);
    assert.equal(await versions(page), count + 1, "the page saved no version of its own");
    const after = await page.locator(node("large")).boundingBox();
    assert.deepEqual(after, seen, "the node stands where its ghost stood");
    await page.locator(".react-flow__pane").click({ position: { x: 40, y: 400 } });
    await page.keyboard.press(`${MOD}+z`);
    await page.waitForSelector(node("large"), { state: "detached" });
    assert.deepEqual(await stored(page, "orders"), before);
    await page.keyboard.press(`${MOD}+Shift+z`);
    await page.waitForSelector(node("large"));
  }));

test("half of a proposal is taken by keyboard; a part brings what it needs", () =>
  withAi({}, async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, ORDERS);
    await openChat(page);
    await message(page, "alert");
    await page.waitForSelector(".review");
    await page.waitForSelector(".ai-part >> nth=3");
    const taken = () => page.$$eval(".ai-part", (parts) => parts.map((part) => part.dataset.taken === "true"));
    await page.keyboard.press("F7");
    await page.keyboard.press("F8");
    assert.deepEqual(await taken(), [false, false, true, true], "what needs it goes with it");
    await page.keyboard.press("F7");
    await page.keyboard.press("F8");
    assert.deepEqual(await taken(), [true, true, true, true], "what it needs comes with it");
    await page.keyboard.press("F7");
    await page.waitForSelector(".ai-diff .cm-deletedChunk:has-text('order.price')");
    await page.waitForSelector(".ai-diff .cm-changedLine:has-text('order.total')");
    await page.keyboard.press("F8");
    await page.keyboard.press("F7");
    await page.keyboard.press("F8");
    assert.deepEqual(await ghosts(page), { large: "added", alert: "added" });
    await page.keyboard.press("Alt+Enter");
    await page.waitForSelector(".ai-outcome");
    const now = await stored(page, "orders");
    assert.deepEqual(ids(now), ["start", "fetch", "total", "old", "large", "alert"]);
    assert.match(now.graph.nodes[2].params.code, /order\.price/);
  }));

test("an applied change is taken back by its own undo; an empty message rejects by key", () =>
  withAi({}, async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, ORDERS);
    await openChat(page);
    await message(page, "alert");
    await page.waitForSelector(".review");
    const before = await stored(page, "orders");
    await page.keyboard.press("Alt+Enter");
    await page.click('.ai-outcome .ai-link:has-text("Take it back")');
    await page.waitForSelector('.ai-proposal:has-text("Taken back.")');
    assert.deepEqual((await stored(page, "orders")).graph, before.graph);
    await message(page, "alert again");
    await page.waitForSelector(".ai-turn:nth-of-type(2) .ai-proposal[data-shown]");
    await page.locator('[aria-label="Message"]').focus();
    await page.keyboard.press("Alt+Backspace");
    await page.waitForSelector('.ai-proposal[data-state="rejected"]');
    assert.deepEqual((await stored(page, "orders")).graph, before.graph);
  }));

test("one hostile edit among four hundred stands out, and is in the list", () => {
  const many = Array.from({ length: 400 }, (_, at) => ({
    id: `n${at}`,
    type: "log",
    name: `Step ${at}`,
    params: { message: "hi" },
    position: { x: (at % 20) * 260, y: Math.floor(at / 20) * 120 },
  }));
  const workflow = {
    id: "many",
    name: "Many",
    graph: {
      nodes: [
        ...many,
        {
          id: "send",
          type: "http.request",
          name: "Send",
          params: { url: "https://api.example.com/a" },
          position: { x: 0, y: 2600 },
        },
      ],
      edges: [],
    },
  };
  const play = ({ hash }) => {
    const patch = [
      ...many.map(({ id }, at) => ({ edit: "setField", node: id, field: "name", value: `Renamed ${at}` })),
      { edit: "setParam", node: "send", pointer: "/url", value: "https://evil.test/a" },
    ];
    const parts = patch.map((edit, at) => ({ id: at, title: `Change ${edit.node}`, edits: [at], needs: [] }));
    return [
      [
        0,
        "proposal",
        proposal("many", hash, {
          title: "Nicer names",
          patch,
          parts,
          summary: { lines: parts.map(({ title }) => title), newHosts: ["evil.test"] },
        }),
      ],
    ];
  };
  return withAi({ turn: play }, async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, workflow);
    await openChat(page);
    await message(page, "rename");
    await page.waitForSelector('.review [data-kind="host"]:has-text("evil.test")');
    await page.waitForSelector('.review-tally [data-mark="changed"]:has-text("~401")');
    assert.equal(await page.locator(".ai-part").count(), 401);
    const started = Date.now();
    await page.keyboard.press("Shift+F7");
    await page.waitForSelector('.ai-part[aria-current] del:has-text("api.example.com")');
    await page.waitForSelector('.ai-part[aria-current] ins:has-text("https://evil.test/a")');
    assert.ok(Date.now() - started < 3000, `${Date.now() - started} ms`);
    await page.keyboard.press("F8");
    await page.waitForSelector('.review:has-text("400 taken")');
    await page.keyboard.press("Alt+Enter");
    await page.waitForSelector(".ai-outcome");
    const now = await stored(page, "many");
    assert.equal(now.graph.nodes[399].name, "Renamed 399");
    assert.equal(now.graph.nodes[400].params.url, "https://api.example.com/a");
  });
});

test("an empty workflow is begun by saying what it should do", () => {
  const play = ({ hash }) => {
    const patch = [
      { edit: "addNode", node: { id: "start", type: "trigger.manual" } },
      { edit: "addNode", node: { id: "each", type: "flow.for_each", params: { items: "{{ input }}" } } },
      { edit: "addNode", node: { id: "tell", type: "log", parent: "each", params: { message: "{{ item }}" } } },
      { edit: "connect", edge: { source: "start", target: "each" } },
    ];
    return [[0, "proposal", proposal("empty", hash, { title: "Tell each", patch, summary: { lines: [] } })]];
  };
  return withAi({ turn: play }, async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, { id: "empty", graph: { nodes: [], edges: [] } });
    await page.click('.canvas-empty button:has-text("say what it should do")');
    await page.waitForSelector('[aria-label="Message"]:focus');
    await message(page, "log each of them");
    await page.waitForSelector(`${node("tell")} [data-ghost=added]`);
    await stillness(page);
    await page.waitForSelector(".review");
    const inner = await page.locator(node("tell")).boundingBox();
    const outer = await page.locator(node("each")).boundingBox();
    assert.ok(
      inner.x > outer.x && inner.y > outer.y && inner.x + inner.width < outer.x + outer.width,
      "it lies in the loop",
    );
    await page.keyboard.press("Alt+Enter");
    await page.waitForSelector(".ai-outcome");
    const now = await stored(page, "empty");
    assert.deepEqual(ids(now), ["start", "each", "tell"]);
    assert.equal(now.graph.nodes[2].parent, "each");
    await stillness(page);
    assert.deepEqual(await page.locator(node("tell")).boundingBox(), inner);
  });
});

test("a stale proposal says why and is asked for again; a rejected one changes nothing", () =>
  withAi(
    {},
    async (editor) => {
      const { page, fake } = editor;
      await openWorkflow(editor, ORDERS);
      await openChat(page);
      await message(page, "alert");
      await page.waitForSelector(".review");
      fake.state.stale = true;
      await page.keyboard.press("Alt+Enter");
      await page.waitForSelector('.ai-proposal .ai-problem:has-text("somebody else changed")');
      fake.state.stale = false;
      await page.click('.ai-problem button:has-text("Ask again")');
      await page.waitForSelector(".ai-turn >> nth=1");
      await page.waitForSelector(".review");
      const before = await stored(page, "orders");
      await page.locator(".react-flow__pane").click({ position: { x: 40, y: 400 } });
      await page.keyboard.press("Alt+Backspace");
      await page.waitForSelector('.ai-proposal[data-state="rejected"]');
      assert.deepEqual(await ghosts(page), {});
      assert.deepEqual(await stored(page, "orders"), before);
    },
    { expected: ["409"] },
  ));

test("an answer arrives while it is written, and can be stopped", () => {
  const slow = Array.from({ length: 100 }, (_, at) => token(`word${at} `, 50));
  return withAi({ turn: () => slow }, async (editor) => {
    const { page, fake } = editor;
    await openWorkflow(editor, ORDERS);
    await openChat(page);
    await message(page, "tell me");
    await page.waitForSelector('.ai-answer:has-text("word2")');
    assert.ok(!(await page.textContent(".ai-answer")).includes("word99"));
    await page.click('[aria-label="Stop"]');
    const heard = await page.textContent(".ai-answer");
    await page.waitForSelector('.ai-turn:has-text("Stopped.")');
    await page.waitForTimeout(400);
    assert.equal(await page.textContent(".ai-answer"), heard);
    assert.equal(fake.state.stopped, 1, "the service was told");
    await page.waitForSelector('[aria-label="Send"]');
  });
});

/** Notes when an answer was first seen. */
function noteAnswers() {
  window.__seen = [];
  new MutationObserver(() => {
    const answers = document.querySelectorAll(".ai-answer").length;
    while (window.__seen.length < answers) window.__seen.push(Date.now());
  }).observe(document, { childList: true, subtree: true });
}

test("the first words are shown within 50 ms of their being sent", () =>
  withAi({ turn: () => [token("Here", 60), token(" it comes.", 60)] }, async (editor) => {
    const { page, fake } = editor;
    await page.addInitScript(noteAnswers);
    await openWorkflow(editor, ORDERS);
    await openChat(page);
    for (let turn = 0; turn < 12; turn++) {
      await message(page, `turn ${turn}`);
      await page.waitForSelector(`.ai-turn >> nth=${turn}`);
      await page.waitForSelector('[aria-label="Send"]');
    }
    const sent = fake.state.sent
      .filter(([name], at, all) => name === "token" && all[at - 1][0] === "started")
      .map(([, ms]) => ms);
    const seen = await page.evaluate(() => window.__seen);
    const delays = seen.map((ms, at) => ms - sent[at]).sort((a, b) => a - b);
    assert.equal(delays.length, 12);
    console.log(`first words: median ${delays[6]} ms, slowest ${delays[11]} ms`);
    assert.ok(delays[6] <= 50, delays.join());
  }));

test("a model's words are text: nothing loads, nothing leads away, nothing hides", () => {
  const words =
    '![x](https://evil.test/?q=1) <img src="https://evil.test/a.png" onerror="window.__ran = 1"> [here](javascript:alert(1)) a\u202Eb';
  const hostile = (hash) =>
    proposal("orders", hash, {
      title: words,
      reason: words,
      patch: [{ edit: "setField", node: "old", field: "name", value: words }],
      parts: [{ id: 0, title: words, edits: [0], needs: [] }],
      summary: { lines: [words], hiddenText: ["old"] },
    });
  const play = ({ hash }) => [
    token(words),
    [0, "tool", { name: "check", about: words, ok: true }],
    [0, "proposal", hostile(hash)],
    [0, "question", { text: words, choices: [words] }],
  ];
  return withAi({ turn: play }, async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, ORDERS);
    await openChat(page);
    await message(page, "hello");
    await page.waitForSelector(".ai-question");
    await page.waitForSelector(".review");
    await page.waitForTimeout(300);
    assert.equal(
      await page.locator(".ai img:not(.cm-widgetBuffer), .review img, .ai .ai-turn a, .ai iframe").count(),
      0,
    );
    assert.equal(await page.evaluate(() => window.__ran), undefined);
    assert.match(await page.textContent(".ai-answer"), /a⟨U\+202E⟩b/);
    await page.waitForSelector('.ai-notices [data-kind="hidden"]');
  });
});

test("questions have choices, chats are kept and found, chips can be taken away", () => {
  const play = ({ text }) =>
    text === "send it"
      ? [[0, "question", { text: "Where to?", choices: ["By mail", "To a channel"] }]]
      : [token(`You said ${text}.`)];
  return withAi({ turn: play }, async (editor) => {
    const { page, fake } = editor;
    await openWorkflow(editor, ORDERS);
    await page.locator(node("total")).click();
    await openChat(page);
    await page.waitForSelector('.ai-chip:has-text("Total")');
    await message(page, "send it");
    await page.click('.ai-choice:has-text("To a channel")');
    await page.waitForSelector('.ai-answer:has-text("You said To a channel.")');
    const [first] = fake.state.asked.filter(({ path }) => path === "/chat");
    assert.deepEqual(first.body.selection, ["total"]);
    assert.equal(first.body.draft.graph.nodes.length, 4);
    await page.click('[aria-label="Do not look at Total"]');
    await message(page, "and this");
    await page.waitForSelector('.ai-answer:has-text("You said and this.")');
    assert.equal(fake.state.asked.at(-1).body.selection, undefined);
    assert.equal(fake.state.asked.at(-1).body.chat, "chat1");
    await page.click('[aria-label="New chat"]');
    await message(page, "something else");
    await page.waitForSelector('.ai-answer:has-text("something else")');
    await page.click('.ai-head [aria-label="Chats of this workflow"]');
    await page.waitForSelector(".ai-chat-row >> nth=1");
    await page.fill('[aria-label="Search the chats"]', "channel");
    await page.waitForFunction(() => document.querySelectorAll(".ai-chat-row").length === 1);
    await page.click(".ai-chat-open");
    await page.waitForSelector(".ai-turn >> nth=2");
  });
});

test("without a model the planner says what it is", () =>
  withAi({}, async (editor) => {
    const { page, fake } = editor;
    fake.state.mode = "planner";
    await openWorkflow(editor, ORDERS);
    await openChat(page);
    await page.waitForSelector('.ai-mode:has-text("Built-in planner (no model)")');
    await message(page, "hello");
    await page.waitForSelector('.ai-receipt:has-text("no model was asked")');
    await page.click(".ai-mode a");
    await page.waitForSelector('.settings:has-text("Built-in planner (no model)")');
  }));

test("what was typed while a proposal is looked at is kept beside it", () =>
  withAi({}, async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, ORDERS);
    await openChat(page);
    await message(page, "alert");
    await page.waitForSelector(".review");
    await page.fill('[aria-label="Name of the workflow"]', "Mine");
    await page.click(".review .button.primary");
    await page.waitForSelector(".ai-outcome");
    const now = await stored(page, "orders");
    assert.equal(now.name, "Mine");
    assert.deepEqual(ids(now), ["start", "fetch", "total", "large", "alert"]);
  }));

/** A run that failed, and what the played service answers about it. */
async function failedRun(page) {
  const { hash } = await api(page, "POST", "/workflows", PRICES);
  const { runId } = await api(page, "POST", "/workflows/prices/runs?wait=true", { input: { id: 1, cost: 5 } });
  return { runId, hash };
}

const healing = {
  heal: (run, { frame }) => healed(run, frame ?? 3, "base"),
  resumed: async (real, { mends: [run] }) => {
    const { value } = await real("POST", `/workflows/prices/runs?wait=true`, { input: { id: 1, cost: 5 } });
    return { resumed: { runId: value.runId, sameRun: false }, alike: { group: "g1", count: 12, runs: [run] } };
  },
  recover: (count) =>
    count === 1
      ? { resumed: [{ run: "aaaaaa1", into: "bbbbbb1", status: "COMPLETED" }], left: 11, stoppedAt: null }
      : { resumed: [{ run: "aaaaaa2", into: "bbbbbb2", status: "FAILED" }], left: 10, stoppedAt: "bbbbbb2" },
};

test("a failure is mended: evidence, proof, the run goes on, then the others in stages", () =>
  withAi(healing, async (editor) => {
    const { page, fake } = editor;
    const { runId } = await failedRun(page);
    await openRun(editor, runId);
    await page.click(".run-fix");
    await page.waitForSelector('.ai-diagnosis:has-text("no such field any more")');
    await page.waitForSelector(".ai-evidence li >> nth=1");
    const proof = await page.locator(".ai-proof table").first().innerText();
    const rows = proof.split("\n").map((row) => row.replace(/\s+/g, " "));
    assert.match(rows[0], /^fixes 1\/1/);
    assert.match(rows[1], /^keeps 40\/40/);
    assert.match(rows[3], /^changes 2 see/);
    await page.click('.ai-link:has-text("see")');
    await page.waitForSelector(".ai-changed-output .cm-deletedChunk:has-text('\"b\": 2')");
    await page.waitForSelector('.ai-sends:has-text("GET https://shop.example.com/price")');
    await page.click(".ai-tried summary");
    await page.waitForSelector('.ai-tried:has-text("Pass over the node")');
    await page.waitForSelector('.react-flow__node [data-ghost="changed"]');
    await page.click('.ai-decide .button.primary:has-text("Accept and go on")');
    await page.waitForSelector('.ai-outcome:has-text("A fork goes on")');
    const accepted = fake.state.asked.find(({ path }) => path.endsWith("/accept"));
    assert.equal(accepted.body.resume, true);
    await page.click('.ai-others button:has-text("Resume 1")');
    await page.waitForSelector('.ai-others:has-text("11 other runs")');
    await page.click('.ai-others button:has-text("Resume 10")');
    await page.waitForSelector('.ai-others:has-text("failed again")');
  }));

test("a failed node on the canvas leads to a fix, which the open document takes over", () =>
  withAi(healing, async (editor) => {
    const { page, origin } = editor;
    await failedRun(page);
    await page.goto(`${origin}/workflows/prices`);
    await page.waitForSelector(node("price"));
    await page.click(".run-button .button:first-child");
    const form = page.locator(".run-input");
    if (await form.isVisible().catch(() => false)) await form.locator('button:has-text("Run")').click();
    await page.waitForSelector(`${node("price")} .step-fix`);
    await page.click(`${node("price")} .step-fix`);
    await page.waitForSelector(".ai-proof");
    await page.waitForSelector(".review");
    await page.keyboard.press("Alt+Enter");
    await page.waitForSelector(".ai-outcome");
    assert.equal((await stored(page, "prices")).graph.nodes[1].params.code, "input.cost");
    await page.waitForSelector(`${node("price")} [data-status="COMPLETED"]`);
  }));

test("a workflow, a frame and a comparison are explained by sentences that lead there", () => {
  const play = {
    explain: ({ workflow, run, frame, diff }) => ({
      by: "rules",
      sentences: workflow
        ? [{ text: "It fetches the orders.", about: { node: "fetch" } }, { text: "It runs by hand." }]
        : [
            {
              text: diff ? "The price differs." : "The frame failed.",
              about: { node: "price", run: diff?.b ?? run, frame: frame ?? 2 },
            },
          ],
    }),
  };
  return withAi(play, async (editor) => {
    const { page, fake } = editor;
    await openWorkflow(editor, ORDERS);
    await openChat(page);
    await page.click('[aria-label="Explain this workflow"]');
    await page.click('.ai-sentence:has-text("It fetches")');
    await page.waitForSelector(`${node("fetch")}.selected`);
    await page.waitForSelector('.ai-receipt:has-text("By built-in rules")');
    const { runId } = await failedRun(page);
    await openRun(editor, runId);
    await page.click('.run-frame .mini:has-text("Explain")');
    await page.waitForSelector('.ai-sentence:has-text("The frame failed.")');
    const { body } = fake.state.asked.findLast(({ path }) => path === "/explain");
    assert.equal(body.run, runId);
    assert.ok(body.frame > 0);
    await page.click(".ai-sentence");
    await page.waitForSelector(`${node("price")}.selected`);
    await api(page, "POST", "/workflows/prices/runs?wait=true", { input: { price: 1 } });
    const again = (await api(page, "POST", "/workflows/prices/runs?wait=true", { input: { price: 2 } })).runId;
    await openRun(editor, again);
    await page.keyboard.press("c");
    await page.click('.run-frame .mini:has-text("Explain")');
    await page.waitForSelector('.ai-sentence:has-text("The price differs.")');
  });
});

test("code is described, written and looked at by line", () => {
  const play = {
    turn: ({ hash, sentence }) => [
      token("Here is the code."),
      [
        0,
        "proposal",
        proposal("orders", hash, {
          title: sentence,
          patch: [{ edit: "setParam", node: "total", pointer: "/code", value: "input.body.len()" }],
          parts: [{ id: 0, title: "Change the code of Total", edits: [0], needs: [] }],
        }),
      ],
    ],
  };
  return withAi(play, async (editor) => {
    const { page, fake } = editor;
    await openWorkflow(editor, ORDERS);
    await page.locator(node("total")).click();
    await page.fill('[placeholder="Describe what this should do…"]', "count the orders");
    await page.click('.describe button:has-text("Write")');
    await page.waitForSelector('.ai-diff .cm-changedLine:has-text("input.body.len()")');
    await page.keyboard.press("Alt+Enter");
    await page.waitForSelector(".ai-outcome");
    assert.equal((await stored(page, "orders")).graph.nodes[2].params.code, "input.body.len()");
    const { body } = fake.state.asked.find(({ path }) => path === "/code");
    assert.equal(body.node, "total");
    assert.equal(body.sentence, "count the orders");
    await page.waitForSelector('.cm-content:has-text("input.body.len()")');
  });
});

test("the settings name models, limits and where the key is from, and never the key", () =>
  withAi({}, async (editor) => {
    const { page, origin, fake } = editor;
    await page.goto(`${origin}/settings`);
    await page.waitForSelector('.settings:has-text("From the environment")');
    await page.fill("#ai-model-draft", "small/quick");
    await page.keyboard.press("Enter");
    await page.fill("#ai-limit-dayUsd", "2.5");
    await page.keyboard.press("Enter");
    await page.click('button:has-text("Ask it something small")');
    await page.waitForSelector('[role=status]:has-text("small/quick answered in 412 ms.")');
    const changes = () => fake.state.asked.filter(({ method }) => method === "PATCH").map(({ body }) => body);
    // Each field is sent when it is left; the answer to the question may be here before the change of a limit is there.
    for (let waited = 0; changes().length < 2 && waited < 5000; waited += 50) await page.waitForTimeout(50);
    const [models, limits] = changes();
    assert.deepEqual(models.models, {
      draft: "small/quick",
      code: "small/quick",
      heal: null,
      explain: null,
      node: null,
    });
    assert.deepEqual(limits.limits, { runUsd: 0.5, dayUsd: 2.5, workspaceUsd: null });
  }));

test("everything is in the command palette, and its keys in the help", () =>
  withAi({}, async (editor) => {
    const { page } = editor;
    await openWorkflow(editor, ORDERS);
    await page.keyboard.press(`${MOD}+k`);
    await page.waitForSelector("[cmdk-input]");
    await page.keyboard.type("explain this workflow");
    await page.keyboard.press("Enter");
    await page.waitForSelector('.ai-sentence:has-text("It fetches")');
    await page.keyboard.press(`${MOD}+i`);
    await page.waitForSelector(".ai", { state: "detached" });
    await page.keyboard.press("?");
    await page.waitForSelector('.help:has-text("Accept the proposed change")');
    await page.waitForSelector('.help:has-text("Look for a fix of the failed frame")');
  }));
