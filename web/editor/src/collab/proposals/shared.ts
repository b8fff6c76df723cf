/**
 * The proposals that the service wrote into the document, so that everybody who is there sees the same ones.
 *
 * - `proposals`: id -> map of texts. The change itself is not in it; whoever looks at one asks the service.
 */
import * as Y from "yjs";

export interface SharedProposal {
  id: string;
  title: string;
  state: "open" | "accepted" | "rejected";
  /** The id of who decided; empty as long as nobody did. */
  by: string;
  /** What they were called then. */
  byName: string;
  /** The chat it came from; empty for one that came otherwise. */
  chat: string;
}

const STATES = ["open", "accepted", "rejected"] as const;

/** All of them, the latest first: their ids sort by time. What has not the shape of one is passed over. */
export function sharedProposals(doc: Y.Doc): SharedProposal[] {
  const found = [...doc.getMap("proposals")].flatMap(([id, entry]) => {
    if (!(entry instanceof Y.Map)) return [];
    const text = (name: string) => {
      const value = (entry as Y.Map<unknown>).get(name);
      return typeof value === "string" ? value : "";
    };
    const state = STATES.find((known) => known === text("state"));
    return state
      ? [{ id, title: text("title"), state, by: text("by"), byName: text("byName"), chat: text("chat") }]
      : [];
  });
  return found.sort((a, b) => (a.id < b.id ? 1 : -1));
}
