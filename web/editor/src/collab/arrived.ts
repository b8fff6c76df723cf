/** What came from others while this browser was away, told once when it is back. */
import type { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { fieldOf, roots } from "../document/shape";

export interface Arrived {
  /** Nodes by the names that people see. */
  added: string[];
  changed: string[];
  removed: string[];
  /** Whether something else was changed: edges, notes, the workflow itself. */
  more: boolean;
  /** Whose edits these are, as far as they are still here. */
  by: string[];
}

/** Those who were there when the connection came are known a moment after it. */
const KNOWN_MS = 400;

/** Tells what arrived whenever a lost connection is back and something has. */
export function watchArrivals(doc: Y.Doc, provider: WebsocketProvider, tell: (arrived: Arrived) => void): () => void {
  let absence: Absence | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lost = () => {
    absence ??= new Absence(doc);
  };
  const hear = (transaction: Y.Transaction) => {
    if (transaction.origin === provider) absence?.hear(transaction);
  };
  const back = (isSynced: boolean) => {
    if (!isSynced || !absence) return;
    const over = absence;
    absence = null;
    timer = setTimeout(() => {
      const arrived = over.arrived(provider);
      if (arrived) tell(arrived);
    }, KNOWN_MS);
  };
  provider.on("connection-close", lost);
  provider.on("sync", back);
  doc.on("afterTransaction", hear);
  return () => {
    clearTimeout(timer);
    provider.off("connection-close", lost);
    provider.off("sync", back);
    doc.off("afterTransaction", hear);
  };
}

class Absence {
  private readonly before: ReadonlyMap<string, string>;
  private readonly touched = new Set<string>();
  private readonly writers = new Set<number>();
  private more = false;

  constructor(private readonly doc: Y.Doc) {
    this.before = titles(doc);
  }

  hear(transaction: Y.Transaction) {
    const { nodes, edges, meta } = roots(this.doc);
    for (const [type, keys] of transaction.changed) {
      const [root, node] = pathOf(type as Y.AbstractType<unknown>);
      if (root === nodes) for (const key of node === null ? keys : [node]) this.touched.add(String(key));
      else if (root === edges || root === meta) this.more = true;
    }
    for (const [client, clock] of transaction.afterState) {
      if (clock > (transaction.beforeState.get(client) ?? 0)) this.writers.add(client);
    }
  }

  arrived(provider: WebsocketProvider): Arrived | null {
    if (this.touched.size === 0 && !this.more) return null;
    const after = titles(this.doc);
    const touched = [...this.touched];
    const people = provider.awareness.getStates();
    const nameOf = (client: number) => (people.get(client)?.["user"] as { name?: unknown } | null | undefined)?.name;
    const names = [...this.writers].map(nameOf).filter((name) => typeof name === "string");
    return {
      added: touched.flatMap((key) => (this.before.has(key) ? [] : (after.get(key) ?? []))),
      changed: touched.flatMap((key) => (this.before.has(key) ? (after.get(key) ?? []) : [])),
      removed: touched.flatMap((key) => (after.has(key) ? [] : (this.before.get(key) ?? []))),
      more: this.more,
      by: [...new Set(names)],
    };
  }
}

/** The shared root in which a type lies, and the key of the root's entry. */
function pathOf(type: Y.AbstractType<unknown>): [root: unknown, entry: string | null] {
  let entry: string | null = null;
  let at = type;
  for (let item = at._item; item; item = at._item) {
    entry = item.parentSub;
    at = item.parent as Y.AbstractType<unknown>;
  }
  return [at, entry];
}

const titles = (doc: Y.Doc): ReadonlyMap<string, string> =>
  new Map([...roots(doc).nodes].map(([key, node]) => [key, String(fieldOf(node, "name") ?? key)]));

/** As one sentence. */
export function wordsOf({ added, changed, removed, more, by }: Arrived): string {
  const parts = [
    changed.length > 0 && `changed ${listed(changed)}`,
    added.length > 0 && `added ${listed(added)}`,
    removed.length > 0 && `removed ${listed(removed)}`,
  ].filter((part) => part !== false);
  if (parts.length === 0 && more) parts.push("changed how the nodes are connected or described");
  return `Back online. Meanwhile ${by.length > 0 ? listed(by) : "others"} ${parts.join(", ")}.`;
}

const SHOWN = 4;

function listed(names: readonly string[]): string {
  const shown = names.length > SHOWN ? [...names.slice(0, SHOWN - 1), `${names.length - SHOWN + 1} more`] : names;
  return shown.length < 2 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
