/** A document's connection with the service and with the other tabs of this browser, and what it says about saving. */
import * as broadcast from "lib0/broadcastchannel";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { encodeAwarenessUpdate, type Awareness } from "y-protocols/awareness";
import { messageYjsSyncStep1, messageYjsSyncStep2, writeSyncStep1 } from "y-protocols/sync";
import { messageAwareness, messageQueryAwareness, messageSync, WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { Saver } from "../document/save";

export interface Joined {
  provider: WebsocketProvider;
  saver: Saver;
  leave(): void;
}

export interface Where {
  /** Address of the rooms, `ws://…/collab`. */
  rooms: string;
  workflow: string;
  /** What this person calls themselves. */
  name?: string;
  /** For tests, where there is no browser. */
  socket?: typeof WebSocket;
  /** Whether the other tabs of this browser are told, too. */
  tabs?: boolean;
  /** Told when the service's document is another one than this, and has nothing in common with it. */
  stranger?: () => void;
}

/** The rooms of the service that this page came from. */
export const roomsHere = () => `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/collab`;

/** Sent again, it would be refused again. */
const TOO_BIG = 1009;
const isFinal = (code: number) => code === TOO_BIG || (code >= 4400 && code < 4500);

const WHY: Record<number, [message: string, hint: string]> = {
  [TOO_BIG]: [
    "The service takes no change as large as this",
    "undo it, or do it in smaller steps, and load the page again",
  ],
  4403: ["You may not open this workflow any more", "ask for access; what you typed is kept in this browser"],
  4404: ["The workflow was deleted", "what you typed is kept in this browser; copy it into a new workflow"],
};

/** Joins a workflow's room. What comes from there has the provider as its origin. */
export function joinRoom(doc: Y.Doc, { rooms, workflow, name, socket, tabs = true, stranger }: Where): Joined {
  const provider = new WebsocketProvider(rooms, encodeURIComponent(workflow), doc, {
    connect: false,
    params: name ? { name } : {},
    disableBc: !tabs,
    shouldReconnect: ({ code }) => !isFinal(code),
    ...(socket && { WebSocketPolyfill: socket }),
  });
  const saver = new Saver({
    ask: () => ask(provider),
    renew: () => {
      // A socket over a dead line takes its time to close, so it is let go of at once.
      provider.disconnect();
      provider.connect();
    },
    after: (ms, act) => {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  });
  hearAnswers(provider, saver, () => {
    provider.disconnect();
    saver.refused("The workflow was made anew", "load the page again");
    stranger?.();
  });
  tellOnlyOwn(provider);
  const edited = (_: Uint8Array, __: unknown, ___: unknown, { local }: Y.Transaction) => local && saver.edited();
  doc.on("update", edited);
  provider.on("status", ({ status }) => {
    if (status === "disconnected") askTabs(provider);
    if (status !== "connected") return;
    forgetAbsent(provider.awareness);
    saver.connected();
    // To those who saw this person leave, what is as old as that is no news.
    provider.awareness.setLocalState(provider.awareness.getLocalState());
  });
  provider.on("connection-close", () => saver.gone());
  provider.on("closed", ({ code }) => {
    const [message, hint] = WHY[code] ?? [`The service closed the connection (${code})`, "load the page again"];
    saver.refused(message, hint);
  });
  provider.connect();
  const leave = () => {
    doc.off("update", edited);
    saver.close();
    provider.destroy();
  };
  return { provider, saver, leave };
}

function ask({ ws, doc }: WebsocketProvider) {
  const question = encoding.createEncoder();
  encoding.writeVarUint(question, messageSync);
  writeSyncStep1(question, doc);
  ws?.send(encoding.toUint8Array(question));
}

/** Tells the saver of questions that the service asked and answered; those of other tabs say nothing about saving. */
function hearAnswers(provider: WebsocketProvider, saver: Saver, stranger: () => void) {
  const handle = provider.messageHandlers[messageSync];
  if (!handle) throw new Error("y-websocket handles no sync messages");
  provider.messageHandlers[messageSync] = (encoder, decoder, from, isService, type) => {
    const step = decoding.peekVarUint(decoder);
    if (isService && step === messageYjsSyncStep1 && isStranger(provider.doc, decoder)) return stranger();
    handle(encoder, decoder, from, isService, type);
    if (!isService) return;
    // The answer to the service is sent when this returns.
    if (step === messageYjsSyncStep1) queueMicrotask(() => provider.wsconnected && saver.told());
    if (step === messageYjsSyncStep2) saver.answered();
  };
}

/**
 * Whether nobody who wrote in this document wrote in the service's. A workflow that was deleted and made again under the
 * same id has such a document; joined, the two would be neither.
 */
function isStranger(doc: Y.Doc, decoder: decoding.Decoder): boolean {
  const question = decoding.clone(decoder);
  decoding.readVarUint(question);
  const theirs = Y.decodeStateVector(decoding.readVarUint8Array(question));
  const ours = [...Y.decodeStateVector(Y.encodeStateVector(doc)).keys()];
  return theirs.size > 0 && ours.length > 0 && !ours.some((client) => theirs.has(client));
}

/**
 * Tells the room of this person only. By itself the provider sends back whatever it hears of others, which in a room of
 * thirty is thirty times too much, and tells the other tabs that everybody has left when only this one lost its connection.
 */
function tellOnlyOwn(provider: WebsocketProvider) {
  const { awareness } = provider;
  awareness.off("update", provider._awarenessUpdateHandler);
  provider._awarenessUpdateHandler = ({ added, updated, removed }: Record<string, number[]>) => {
    const own = provider.doc.clientID;
    if ([added, updated, removed].some((clients) => clients?.includes(own))) send(provider, awareness, own);
  };
  awareness.on("update", provider._awarenessUpdateHandler);
}

/** With the connection everybody was taken to have left; those who are still there are known by what they told before. */
function forgetAbsent({ meta, states }: Awareness) {
  for (const client of meta.keys()) if (!states.has(client)) meta.delete(client);
}

/** The other tabs are there, whatever the connection does. */
function askTabs(provider: WebsocketProvider) {
  forgetAbsent(provider.awareness);
  if (!provider.bcconnected) return;
  const question = encoding.createEncoder();
  encoding.writeVarUint(question, messageQueryAwareness);
  broadcast.publish(provider.bcChannel, encoding.toUint8Array(question), provider);
}

function send(provider: WebsocketProvider, awareness: Awareness, client: number) {
  const message = encoding.createEncoder();
  encoding.writeVarUint(message, messageAwareness);
  encoding.writeVarUint8Array(message, encodeAwarenessUpdate(awareness, [client]));
  const bytes = encoding.toUint8Array(message);
  if (provider.wsconnected && provider.ws?.readyState === 1) provider.ws.send(bytes);
  if (provider.bcconnected) broadcast.publish(provider.bcChannel, bytes, provider);
}
