/** Opens a workflow: what this browser kept of it, joined with what the service has, saved by itself from then on. */
import { IndexeddbPersistence } from "y-indexeddb";
import * as Y from "yjs";
import { onServiceEvent } from "../api/events";
import { getWorkflow, putWorkflow } from "../api/workflows";
import { LOADED, load, type Specs } from "./load";
import { merge } from "./merge";
import { project } from "./project";
import { reconcile } from "./reconcile";
import { Saver, type Base } from "./save";
import { roots } from "./shape";
import { joinTabs } from "./tabs";

export interface Opened {
  doc: Y.Doc;
  saver: Saver;
  close(): void;
}

const BASE = "base";
/** How long the browser's own store may take before the page goes on without it. */
const STORE_MS = 2000;

export async function openWorkflow(id: string, specs: Specs): Promise<Opened> {
  const doc = new Y.Doc();
  const name = `flowforge/${id}`;
  // Before anything is read: what another tab has, and does meanwhile, is heard from the beginning.
  const tabs = joinTabs(doc, name);
  let store: IndexeddbPersistence | null;
  let theirs: Base;
  try {
    [store, theirs] = await Promise.all([openStore(name, doc), getWorkflow(id)]);
  } catch (error) {
    tabs.leave();
    throw error;
  }
  const base = store ? ((await store.get(BASE)) as unknown as Base | undefined) : undefined;
  // A tab that has the document but, as far as is known here, agreed on nothing yet has just opened the same version.
  join(doc, base ?? (tabs.heard() ? theirs : undefined), theirs, specs);
  const keep = (agreed: Base) => {
    // The store takes any plain value; its types name only a few.
    void store?.set(BASE, agreed as never);
  };
  keep(theirs);
  const saver = new Saver(doc, specs, theirs, {
    put: (workflow, hash) => putWorkflow(id, workflow, hash),
    get: () => getWorkflow(id),
    keep,
    after: (ms, act) => {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  });
  const online = () => void saver.now();
  addEventListener("online", online);
  // Somebody else saved it: another browser, the command line.
  const catchUp = async () => saver.heard((await getWorkflow(id)).hash);
  const deaf = onServiceEvent((kind, data) => {
    // Away again: the next connection tells.
    if (kind === "missed") catchUp().catch(() => undefined);
    if (kind === "workflow" && data["id"] === id && typeof data["hash"] === "string") void saver.heard(data["hash"]);
  });
  // What was typed while the service was away.
  void saver.now();
  const close = () => {
    removeEventListener("online", online);
    deaf();
    void saver.now().finally(() => {
      saver.close();
      tabs.leave();
      void store?.destroy();
      doc.destroy();
    });
  };
  return { doc, saver, close };
}

/** The document as this browser kept it. Without a store (a private window) only the service keeps it. */
async function openStore(name: string, doc: Y.Doc): Promise<IndexeddbPersistence | null> {
  if (typeof indexedDB === "undefined") return null;
  const store = new IndexeddbPersistence(name, doc);
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), STORE_MS));
  return Promise.race([store.whenSynced, late]).catch(() => null);
}

function join(doc: Y.Doc, base: Base | undefined, theirs: Base, specs: Specs) {
  if (roots(doc).meta.size === 0) {
    begin(doc, theirs, specs);
    return;
  }
  if (base?.hash === theirs.hash) return;
  const mine = project(doc);
  const merged = merge(base?.workflow ?? mine, mine, theirs.workflow);
  doc.transact(() => reconcile(doc, merged, specs), LOADED);
}

/**
 * Fills an empty document. Two tabs that do this at once make the very same document, down to who wrote it: so they
 * have one between them, and what is typed in either goes into it. Two of random authors would hide each other's nodes.
 */
function begin(doc: Y.Doc, { workflow, hash }: Base, specs: Specs) {
  const made = new Y.Doc();
  made.clientID = Number.parseInt(hash.slice(0, 8), 16) || 1;
  load(workflow, specs, made);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(made), LOADED);
}
