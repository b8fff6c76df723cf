/**
 * The public clients, unchanged, against the real service: `yjs` and `y-websocket` from npm. Peers of random habits edit the
 * graph and write in the same code, break off and come back, and the service is killed under them; in the end all are equal, and
 * the service has saved what they see.
 */
import assert from "node:assert/strict";
import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { test } from "./attempt.mjs";
import { startService } from "./harness.mjs";

const PEERS = 5;
const ROUNDS = 200;
const WORKFLOW = {
  id: "shared",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual" },
      { id: "total", type: "code.rhai", params: { code: "1" } },
    ],
    edges: [{ source: "start", target: "total" }],
  },
};

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Numbers that look random, the same for the same seed. */
function chanceOf(seed) {
  let state = seed;
  const next = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
  return { below: (count) => Math.floor(next() * count), pick: (list) => list[Math.floor(next() * list.length)] };
}

/** A token of the service, made with the session that its link gives. */
async function signIn({ link, origin }) {
  const entered = await fetch(link, { redirect: "manual" });
  const cookie = entered.headers.get("set-cookie").split(";")[0];
  const headers = { cookie, origin, "content-type": "application/json" };
  const made = await fetch(`${origin}/api/v1/tokens`, { method: "POST", headers, body: '{"name":"peers"}' });
  const { token } = await made.json();
  return token;
}

async function ask(origin, token, method, path, body) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(`${origin}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response.json();
}

function join({ origin }, token, name) {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(`${origin.replace("http", "ws")}/collab`, "shared", doc, {
    params: { token, name },
    WebSocketPolyfill: WebSocket,
    disableBc: true,
    maxBackoffTime: 200,
  });
  return { doc, provider, synced: () => until(() => provider.synced, `${name} is synced`) };
}

/** For JSON.stringify: fields by name, since copies of a map differ in their order. */
const inOrder = (_, value) =>
  value && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

async function until(holds, what) {
  for (let waited = 0; waited < 20_000; waited += 20) {
    if (holds()) return;
    await sleep(20);
  }
  throw new Error(`it did not come to: ${what}`);
}

const codeOf = (doc) => doc.getMap("nodes").get("total").get("params").get("code");

/** One thing that a person may do. */
function edit({ doc }, chance, round) {
  const nodes = doc.getMap("nodes");
  const code = codeOf(doc);
  const kinds = {
    write: () => code.insert(chance.below(code.length + 1), `${round} `),
    erase: () => code.length > 8 && code.delete(chance.below(code.length - 4), 1 + chance.below(3)),
    rename: () => nodes.get("total").set("name", `name ${round}`),
    move: () => nodes.get("start").set("position", { x: chance.below(500), y: chance.below(500) }),
    add: () => {
      const node = new Y.Map(Object.entries({ id: `n${round}`, type: "data.set", $order: round + 2 }));
      node.set("params", new Y.Map());
      nodes.set(`n${round}`, node);
    },
    remove: () => {
      const added = [...nodes.keys()].filter((key) => key.startsWith("n"));
      if (added.length > 0) nodes.delete(chance.pick(added));
    },
  };
  kinds[chance.pick(Object.keys(kinds))]();
}

test(
  "five public clients that come and go end in one document, which the service has saved",
  { timeout: 120_000 },
  async (t) => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    t.diagnostic(`SEED=${seed}`);
    const chance = chanceOf(seed);
    const service = await startService();
    const peers = [];
    try {
      const token = await signIn(service);
      await ask(service.origin, token, "POST", "/workflows", WORKFLOW);
      for (let n = 0; n < PEERS; n++) peers.push(join(service, token, `peer ${n}`));
      for (const peer of peers) await peer.synced();
      for (let round = 0; round < ROUNDS; round++) {
        const peer = chance.pick(peers);
        edit(peer, chance, round);
        if (chance.below(12) === 0) peer.provider.disconnect();
        if (chance.below(6) === 0) peer.provider.connect();
        if (round === ROUNDS / 2) {
          await service.crash();
          await service.again();
        }
        await sleep(chance.below(12));
      }
      peers.forEach(({ provider }) => provider.connect());
      const seen = () => peers.map(({ doc }) => JSON.stringify(doc.getMap("nodes").toJSON(), inOrder));
      await until(() => peers.every(({ provider }) => provider.synced) && new Set(seen()).size === 1, "all are equal");
      const saved = await ask(service.origin, token, "GET", "/workflows/shared");
      const [{ doc }] = peers;
      const total = saved.graph.nodes.find(({ id }) => id === "total");
      assert.equal(total.params.code, codeOf(doc).toString());
      assert.deepEqual(saved.graph.nodes.map(({ id }) => id).sort(), [...doc.getMap("nodes").keys()].sort());
      const history = await ask(service.origin, token, "GET", "/workflows/shared/history");
      const authors = new Set(history.items.flatMap((version) => version.authors.map(({ name }) => name)));
      assert.ok(authors.has("peer 0") && authors.has("peer 4"), [...authors].join());
    } finally {
      peers.forEach(({ provider }) => provider.destroy());
      await service.stop();
    }
  },
);
