/** Another hand in a shared document: a peer outside the browser, which edits as the editor and the service do. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** The editor's `document/applyPatch`, as a module that this process can read, with this process's Yjs. */
export async function readDocument() {
  const outDir = await mkdtemp(join(HERE, "../node_modules/.document-"));
  const entry = join(HERE, "../src/document/applyPatch.ts");
  await build({
    configFile: false,
    logLevel: "error",
    build: { outDir, lib: { entry, formats: ["es"], fileName: "document" }, rollupOptions: { external: ["yjs"] } },
  });
  const read = await import(pathToFileURL(join(outDir, "document.js")).href);
  await rm(outDir, { recursive: true, force: true });
  return read;
}

/** A peer of the signed-in person whose cookie this is. `client` is the id under which it writes. */
export async function joinRoom({ origin }, cookie, workflow, { client, name = "A hand" } = {}) {
  const doc = new Y.Doc();
  if (client) doc.clientID = client;
  class Signed extends WebSocket {
    constructor(url) {
      super(url, { headers: { cookie, origin } });
    }
  }
  const provider = new WebsocketProvider(`${origin.replace("http", "ws")}/collab`, workflow, doc, {
    WebSocketPolyfill: Signed,
    disableBc: true,
    params: { name },
  });
  await new Promise((resolve) => provider.once("sync", resolve));
  return { doc, provider, awareness: provider.awareness, leave: () => provider.destroy() };
}

/** Does something in a document under a client id, and leaves when the service has it. */
export async function actIn(service, cookie, workflow, client, act) {
  const { doc, provider, leave } = await joinRoom(service, cookie, workflow, { client });
  act(doc);
  // What another peer sees, the service has.
  const other = await joinRoom(service, cookie, workflow);
  await until(() => Y.encodeStateVector(other.doc).join() === Y.encodeStateVector(doc).join());
  other.leave();
  leave();
  return provider;
}

export async function until(what, ms = 10_000) {
  const end = Date.now() + ms;
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
