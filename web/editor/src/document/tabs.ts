/** Several tabs of one browser on one document: each hears the others at once, so they never save over one another. */
import * as Y from "yjs";

type Message = { kind: "hello"; state: Uint8Array } | { kind: "update"; update: Uint8Array };

export interface Tabs {
  /** Whether another tab has told what it has. */
  heard(): boolean;
  leave(): void;
}

/** Joins the other tabs. */
export function joinTabs(doc: Y.Doc, name: string): Tabs {
  const channel = new BroadcastChannel(name);
  const send = (message: Message) => channel.postMessage(message);
  let hasHeard = false;
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === "update") {
      hasHeard = true;
      return Y.applyUpdate(doc, data.update, channel);
    }
    const missing = Y.encodeStateAsUpdate(doc, data.state);
    send({ kind: "update", update: missing });
  };
  const relay = (update: Uint8Array, origin: unknown) => {
    if (origin !== channel) send({ kind: "update", update });
  };
  doc.on("update", relay);
  send({ kind: "hello", state: Y.encodeStateVector(doc) });
  return {
    heard: () => hasHeard,
    leave: () => {
      doc.off("update", relay);
      channel.close();
    },
  };
}
