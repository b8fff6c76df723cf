/** Edits of edges. */
import type * as Y from "yjs";
import { edit } from "./edit";
import { remove } from "./editNodes";
import { entryAt, roots } from "./shape";
import { addWire, setPort, type Wire } from "./wire";

/** Draws an edge and gives its key, or null when it was there. */
export function connect(doc: Y.Doc, wire: Wire): string | null {
  return edit(doc, "Connect", () => addWire(roots(doc).edges, wire));
}

/** Draws several edges in one step. */
export function connectAll(doc: Y.Doc, wires: Iterable<Wire>) {
  edit(doc, "Connect", () => {
    for (const wire of wires) addWire(roots(doc).edges, wire);
  });
}

export const disconnect = (doc: Y.Doc, keys: Iterable<string>) => remove(doc, { edges: keys });

/** Leads an edge to other ends. */
export function reconnect(doc: Y.Doc, key: string, wire: Wire) {
  edit(doc, "Reconnect", () => {
    const edge = entryAt(roots(doc).edges, key);
    if (!edge) return;
    edge.set("source", wire.source);
    edge.set("target", wire.target);
    setPort(edge, "sourcePort", wire.sourcePort, "out");
    setPort(edge, "targetPort", wire.targetPort, "in");
  });
}
