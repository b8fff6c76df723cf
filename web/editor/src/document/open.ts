/** Opens a workflow: what this browser kept of it, joined with what the service has, kept by itself from then on. */
import { IndexeddbPersistence } from "y-indexeddb";
import type { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { ServiceError } from "../api/client";
import { heedRight } from "../api/session";
import { getWorkflow } from "../api/workflows";
import { useMe } from "../collab/me";
import { joinRoom, roomsHere, type Where } from "../collab/provider";
import type { Saver } from "./save";
import { roots } from "./shape";

export interface Opened {
  doc: Y.Doc;
  saver: Saver;
  provider: WebsocketProvider;
  close(): void;
}

/** The close code of a socket whose person may no longer do what they might when it was opened. */
const RIGHT_TAKEN = 4403;
/** How long the browser's own store may take before the page goes on without it. */
const STORE_MS = 2000;
/** Documents of the time before they were the service's lie under other names: they cannot be joined with its own. */
const storeName = (id: string) => `flowforge/document/${id}`;

/** `anew` is told when the workflow is another one since, so that what is open is of no use. */
export async function openWorkflow(id: string, anew: () => void, where: Partial<Where> = {}): Promise<Opened> {
  const doc = new Y.Doc();
  const store = await openStore(storeName(id), doc);
  const stranger = () => void setAside(id, doc, store).then(anew);
  const { name } = useMe.getState();
  const { provider, saver, leave } = joinRoom(doc, {
    name,
    ...where,
    rooms: where.rooms ?? roomsHere(),
    workflow: id,
    stranger,
  });
  const heed = async () => {
    const right = await heedRight();
    if (right !== null) saver.mayWrite(right !== "viewer");
  };
  const heeded = heed();
  // After a right was taken away, another may be left.
  provider.on("closed", ({ code }) => {
    if (code !== RIGHT_TAKEN) return;
    void heed().then(() => saver.saved.state.kind === "read-only" && provider.connect());
  });
  const close = () => {
    leave();
    void store?.destroy();
    doc.destroy();
  };
  try {
    // Also tells why there is no room, which a socket cannot; and which numbers must be sent as they were written.
    const known = getWorkflow(id);
    if (holds(doc)) known.catch(() => undefined);
    else await Promise.all([known, filled(doc), heeded]);
  } catch (error) {
    close();
    throw error;
  }
  return { doc, saver, provider, close };
}

const holds = (doc: Y.Doc) => roots(doc).meta.size > 0;

/** Moves what this browser kept to another place in its store: nothing that was typed is thrown away. */
async function setAside(id: string, doc: Y.Doc, store: IndexeddbPersistence | null) {
  if (!store) return;
  const copy = new Y.Doc();
  const aside = new IndexeddbPersistence(`${storeName(id)}/aside/${Date.now()}`, copy);
  await aside.whenSynced;
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  await aside.set("set aside", new Date().toISOString());
  await aside.destroy();
  await store.clearData();
}

/** When the service has sent what it has. */
function filled(doc: Y.Doc): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      doc.off("update", look);
      clearTimeout(late);
    };
    const look = () => {
      if (!holds(doc)) return;
      done();
      resolve();
    };
    const late = setTimeout(() => {
      done();
      reject(new ServiceError(SILENT));
    }, FILLED_MS);
    doc.on("update", look);
    look();
  });
}

const FILLED_MS = 15_000;
const SILENT = {
  title: "No document",
  status: 0,
  code: "no-document",
  detail: "the service did not send the workflow's document",
  hint: "load the page again; does something between here and the service refuse WebSockets?",
};

/** The document as this browser kept it. Without a store (a private window) only the service keeps it. */
async function openStore(name: string, doc: Y.Doc): Promise<IndexeddbPersistence | null> {
  if (typeof indexedDB === "undefined") return null;
  const store = new IndexeddbPersistence(name, doc);
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), STORE_MS));
  return Promise.race([store.whenSynced, late]).catch(() => null);
}
