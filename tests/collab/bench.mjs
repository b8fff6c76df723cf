/**
 * The figures that co-editing promises, measured with the public clients against the real service, and relaying beside the
 * public `y-websocket` server in the same run.
 *
 * `FLOWFORGE_BIN=target/release/flowforge node tests/collab/bench.mjs [NAME...]` after `npm ci` in `web/editor`.
 * Names: latency writers offline relay history.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { painted } from "./painted.mjs";

const editor = fileURLToPath(new URL("../../web/editor/package.json", import.meta.url));
const load = createRequire(editor);
const Y = load("yjs");
const { WebsocketProvider } = load("y-websocket");
const WebSocket = load("ws");
const encoding = load("lib0/encoding");
const decoding = load("lib0/decoding");

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const binary = process.env.FLOWFORGE_BIN;
if (!binary) throw new Error("FLOWFORGE_BIN must name the flowforge binary");

/** Starts the service with one workflow in it; on a folder that is there, with what is in that. */
async function startService(workflow, kept) {
  const folder = kept ?? (await mkdtemp(join(tmpdir(), "flowforge-bench-")));
  const made = spawn(binary, ["token", "create", `bench${Date.now()}`, "--json", "--data-dir", folder]);
  const { token } = JSON.parse((await made.stdout.toArray()).join(""));
  const child = spawn(binary, ["serve", "--no-examples", "--listen", "127.0.0.1:0", "--json", "--data-dir", folder], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { address, link } = JSON.parse(line);
  const ask = async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(`${address}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  if (!kept) await ask("POST", "/workflows", workflow);
  const end = async (signal) => {
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  const stop = async () => {
    await end("SIGTERM");
    await rm(folder, { recursive: true, force: true });
  };
  const url = `${address.replace("http", "ws")}/collab`;
  return { pid: child.pid, link, url, room: workflow.id, params: { token }, folder, ask, end, stop };
}

/** The public server, in memory only. */
async function startPublic() {
  const main = join(dirname(load.resolve("@y/websocket-server/package.json")), "src/server.js");
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, HOST: "127.0.0.1", PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const stop = async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  };
  return { pid: child.pid, url: `ws://127.0.0.1:${port}`, room: "sum", params: {}, stop };
}

const workflow = (nodes) => ({
  id: "sum",
  graph: {
    nodes: Array.from({ length: nodes }, (_, n) => ({
      id: `n${n}`,
      type: "code.rhai",
      params: { code: "" },
      position: { x: (n % 40) * 220, y: Math.floor(n / 40) * 120 },
    })),
    edges: [],
  },
});

async function join_(server, options = {}) {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(server.url, server.room, doc, {
    params: server.params,
    WebSocketPolyfill: WebSocket,
    disableBc: true,
    ...options,
  });
  await new Promise((done) => provider.once("sync", done));
  return { doc, provider, leave: () => provider.destroy() };
}

const codeOf = (doc, node) => doc.getMap("nodes").get(node).get("params").get("code");

/** Waits until the service has said that it keeps everything sent before. */
function acknowledged({ doc, provider }) {
  return new Promise((done) => {
    const heard = (event) => {
      const decoder = decoding.createDecoder(new Uint8Array(event.data));
      if (decoding.readVarUint(decoder) !== 0 || decoding.readVarUint(decoder) !== 1) return;
      provider.ws.removeEventListener("message", heard);
      done();
    };
    provider.ws.addEventListener("message", heard);
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint8Array(encoder, Y.encodeStateVector(doc));
    provider.ws.send(encoding.toUint8Array(encoder));
  });
}

/** Seconds of processor time and bytes of memory of a process. */
async function usage(pid) {
  const stat = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1].split(" ");
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const peak = Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024;
  return { seconds: (Number(stat[11]) + Number(stat[12])) / 100, bytes: peak };
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const shown = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  return `median ${at(sorted, 0.5).toFixed(2)} p95 ${at(sorted, 0.95).toFixed(2)} max ${sorted.at(-1).toFixed(2)}`;
};
const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** A character typed by one client until it is in the other's document, in milliseconds. */
async function keystrokes(server, count) {
  const [ann, ben] = [await join_(server), await join_(server)];
  const [from, to] = [codeOf(ann.doc, "n0"), codeOf(ben.doc, "n0")];
  const times = [];
  for (let n = 0; n < count; n++) {
    const started = performance.now();
    const seen = new Promise((done) => {
      const look = () => {
        if (to.length < n + 1) return;
        to.unobserve(look);
        done();
      };
      to.observe(look);
    });
    from.insert(0, "x");
    await seen;
    times.push(performance.now() - started);
    await sleep(10);
  }
  ann.leave();
  ben.leave();
  return times;
}

async function latency() {
  const service = await startService(workflow(40));
  console.log(`latency, alone: ${shown(await keystrokes(service, 300))} ms (reach: p95 50)`);
  const crowd = await Promise.all(Array.from({ length: 30 }, () => join_(service)));
  const timer = setInterval(() => crowd.forEach(({ doc }, n) => codeOf(doc, `n${n + 1}`).insert(0, "y")), 200);
  console.log(`latency, 30 writers beside: ${shown(await keystrokes(service, 300))} ms (reach: p95 150)`);
  clearInterval(timer);
  crowd.forEach(({ leave }) => leave());
  await service.stop();
}

async function writers() {
  const service = await startService(workflow(40));
  const crowd = await Promise.all(Array.from({ length: 30 }, () => join_(service)));
  const before = await usage(service.pid);
  const started = performance.now();
  let edits = 0;
  const timer = setInterval(() => {
    crowd.forEach(({ doc }, n) => {
      codeOf(doc, `n${(n + edits) % 7}`).insert(0, "z");
      edits++;
    });
  }, 200);
  await sleep(60_000);
  clearInterval(timer);
  await Promise.all(crowd.map(acknowledged));
  const seconds = (performance.now() - started) / 1000;
  const after = await usage(service.pid);
  await sleep(1000);
  const states = new Set(crowd.map(({ doc }) => JSON.stringify(doc.getMap("nodes").toJSON())));
  const letters = [0, 1, 2, 3, 4, 5, 6].reduce((sum, n) => sum + codeOf(crowd[0].doc, `n${n}`).length, 0);
  const cores = (after.seconds - before.seconds) / seconds;
  console.log(
    `30 writers, 60 s: ${edits} edits, ${letters} letters, ${states.size} state(s); service ${cores.toFixed(2)} cores, ${mib(after.bytes)} (reach: 1 state, nothing lost, under 1 core)`,
  );
  crowd.forEach(({ leave }) => leave());
  await service.stop();
}

async function offline() {
  const service = await startService(workflow(40));
  const [ann, ben] = [await join_(service), await join_(service)];
  const times = [];
  for (let round = 0; round < 5; round++) {
    ann.provider.disconnect();
    for (let n = 0; n < 10_000; n++) codeOf(ann.doc, `n${n % 40}`).insert(0, "a");
    for (let n = 0; n < 100; n++) codeOf(ben.doc, `n${n % 40}`).insert(0, "b");
    const wanted = (round + 1) * 10_100;
    const size = (doc) => Array.from({ length: 40 }, (_, n) => codeOf(doc, `n${n}`).length).reduce((a, b) => a + b);
    const started = performance.now();
    ann.provider.connect();
    while (size(ann.doc) < wanted || size(ben.doc) < wanted) await sleep(2);
    times.push(performance.now() - started);
  }
  console.log(`10,000 offline edits on return, in both: ${shown(times)} ms (reach: 2000)`);
  ann.leave();
  ben.leave();
  await service.stop();
}

/** 100 plain sockets that send updates and count what comes; nothing is decoded, so that the server is what is measured. */
async function relayed(server, updates) {
  const query = new URLSearchParams(server.params);
  const counts = { received: 0 };
  const sockets = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const socket = new WebSocket(`${server.url}/${server.room}?${query}`, { perMessageDeflate: false });
      socket.on("message", () => counts.received++);
      await once(socket, "open");
      return socket;
    }),
  );
  await sleep(500);
  const before = await usage(server.pid);
  counts.received = 0;
  const started = performance.now();
  let sent = 0;
  const wanted = () => sent * 99;
  for (const [n, message] of updates.entries()) {
    sockets[n % 100].send(message);
    sent++;
    // A few messages are under way at any time, as from people who type.
    while (wanted() - counts.received > 99 * 64) await new Promise(setImmediate);
  }
  const end = performance.now() + 60_000;
  while (counts.received < wanted() && performance.now() < end) await new Promise(setImmediate);
  const seconds = (performance.now() - started) / 1000;
  const after = await usage(server.pid);
  sockets.forEach((socket) => socket.terminate());
  const cpu = after.seconds - before.seconds;
  return { perSecond: counts.received / seconds, perCpuSecond: counts.received / cpu, bytes: after.bytes, lost: wanted() - counts.received };
}

/** The same updates for both: one letter each, from a hundred authors. */
function letters(count) {
  const doc = new Y.Doc();
  const updates = [];
  const docs = Array.from({ length: 100 }, () => new Y.Doc());
  for (let n = 0; n < count; n++) {
    const mine = docs[n % 100];
    mine.once("update", (update) => {
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, 0);
      encoding.writeVarUint(encoder, 2);
      encoding.writeVarUint8Array(encoder, update);
      updates.push(encoding.toUint8Array(encoder));
    });
    mine.getText(`t${n % 100}`).insert(0, "x");
  }
  doc.destroy();
  return updates;
}

async function relay() {
  const updates = letters(4000);
  const ours = [];
  const theirs = [];
  for (let round = 0; round < 5; round++) {
    for (const [list, start] of round % 2 === 0 ? [[ours, startService], [theirs, startPublic]] : [[theirs, startPublic], [ours, startService]]) {
      const server = await start(workflow(1));
      list.push(await relayed(server, updates));
      await server.stop();
    }
  }
  const median = (list, field) => at(list.map((one) => one[field]).sort((a, b) => a - b), 0.5);
  for (const [name, list] of [["flowforge", ours], ["@y/websocket-server", theirs]]) {
    console.log(
      `relay, 100 clients, ${name}: ${shown(list.map(({ perSecond }) => perSecond))} messages/s; ${Math.round(median(list, "perCpuSecond"))} a second of its processor; ${mib(median(list, "bytes"))}; lost ${Math.max(...list.map(({ lost }) => lost))}`,
    );
  }
  const ratio = (field) => (median(ours, field) / median(theirs, field)).toFixed(2);
  console.log(`relay: ${ratio("perSecond")} times the messages a second, ${ratio("perCpuSecond")} times for each processor second (reach: 2), ${ratio("bytes")} times the memory (reach: 0.5)`);
}

/** Edits of one letter, each an update of its own, many to a frame; answered for when they are kept. */
async function typed(service, edits) {
  const ann = await join_(service);
  ann.provider.disconnect();
  const [doc, nodes] = [ann.doc, ann.doc.getMap("nodes").size];
  const socket = new WebSocket(`${service.url}/${service.room}?${new URLSearchParams(service.params)}`);
  let answered;
  socket.on("message", (bytes) => bytes[0] === 0 && bytes[1] === 1 && answered?.());
  await once(socket, "open");
  let encoder = encoding.createEncoder();
  doc.on("update", (update) => {
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint(encoder, 2);
    encoding.writeVarUint8Array(encoder, update);
  });
  const slowest = [];
  for (let n = 0; n < edits; n++) {
    const code = codeOf(doc, `n${n % nodes}`);
    if (n % 3 === 2 && code.length > 1) code.delete(0, 1);
    else code.insert(code.length, "q");
    if (n % 100 !== 99) continue;
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint8Array(encoder, Y.encodeStateVector(doc));
    const started = performance.now();
    const answer = new Promise((done) => (answered = done));
    socket.send(encoding.toUint8Array(encoder));
    await answer;
    slowest.push(performance.now() - started);
    encoder = encoding.createEncoder();
  }
  socket.terminate();
  return slowest;
}

/** From the wish to come in until the whole document has come, and what a public client takes to read it, in milliseconds. */
async function opening(service) {
  const started = performance.now();
  const socket = new WebSocket(`${service.url}/${service.room}?${new URLSearchParams(service.params)}`);
  const answer = new Promise((done) => socket.on("message", (bytes) => bytes[0] === 0 && bytes[1] === 1 && done(bytes)));
  await once(socket, "open");
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0);
  encoding.writeVarUint(encoder, 0);
  encoding.writeVarUint8Array(encoder, Y.encodeStateVector(new Y.Doc()));
  socket.send(encoding.toUint8Array(encoder));
  const decoder = decoding.createDecoder(new Uint8Array(await answer));
  const answered = performance.now() - started;
  socket.terminate();
  decoding.readVarUint(decoder);
  decoding.readVarUint(decoder);
  const update = decoding.readVarUint8Array(decoder);
  const doc = new Y.Doc();
  const reading = performance.now();
  Y.applyUpdate(doc, update);
  const read = performance.now() - reading;
  doc.destroy();
  return { answered, read, bytes: update.length };
}

/**
 * Long histories: how long they hold whoever types, how soon they open, and how soon a browser shows them; beside them the same
 * workflow without a history. Each edit is in another node than the one before: no two of them can be kept as one.
 */
async function history() {
  for (const [nodes, edits] of [[1000, 0], [1000, 100_000], [10_000, 100_000]]) {
    let service = await startService(workflow(nodes));
    const what = `${nodes} nodes, ${edits} edits`;
    const waits = await typed(service, edits);
    if (edits > 0) console.log(`${what}: a hundred of them are kept after ${shown(waits)} ms`);
    for (const [how, signal] of [["killed", "SIGKILL"], ["ended well", "SIGTERM"]]) {
      const opened = [];
      for (let n = 0; n < 3; n++) {
        if (n === 0) await opening(service);
        await service.end(signal);
        service = await startService(workflow(nodes), service.folder);
        opened.push(await opening(service));
      }
      const of = (field) => shown(opened.map((one) => one[field]));
      console.log(
        `${what}, a service that was ${how}: answered after ${of("answered")} ms (reach: 1000), ${opened[0].bytes} bytes, which Yjs reads in ${of("read")} ms`,
      );
    }
    const again = await times(7, async () => (await opening(service)).answered);
    console.log(`${what}, in an open room: answered after ${shown(again)} ms`);
    const [first, ...later] = await painted(service.link, service.room, 6);
    console.log(`${what}, in Chromium: painted after ${first.toFixed(0)} ms at first, then ${shown(later)} ms (reach with 1000: 500)`);
    await service.stop();
  }
}

async function times(count, measure) {
  const list = [];
  for (let n = 0; n < count; n++) list.push(await measure());
  return list;
}

const benches = { latency, writers, offline, relay, history };
const wanted = process.argv.slice(2);
const [cpu] = cpus();
console.log(`${cpu?.model ?? "unknown"}, ${availableParallelism()} cores, Node ${process.version}`);
for (const [name, bench] of Object.entries(benches)) if (wanted.length === 0 || wanted.includes(name)) await bench();
process.exit(0);
