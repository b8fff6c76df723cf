/**
 * The carets of the others, as a text editor's binding asks for them. It would believe whatever comes, and look at its text
 * again at every move of anybody's pointer; it is told of carets only, and only of those that have the right shape.
 */
import type * as Y from "yjs";
import type { Company } from "./company";
import { useMe } from "./me";
import type { Peer } from "./peer";

interface State {
  user: { name: string; color: string; colorLight: string };
  cursor: unknown;
}

type Changed = Record<"added" | "updated" | "removed", number[]>;
type Listener = (changed: Changed, origin: unknown) => void;

export class Carets {
  private readonly listeners = new Map<Listener, () => void>();

  constructor(private readonly company: Company) {}

  get doc(): Y.Doc {
    return this.company.awareness.doc;
  }

  getStates(): Map<number, State> {
    const states = this.company.awareness.getStates();
    return new Map(
      this.company.peers.flatMap(({ client, name, color }) => {
        const cursor = caretOf(states.get(client)?.["cursor"]);
        return cursor ? [[client, { user: { name, color, colorLight: `${color}33` }, cursor }] as const] : [];
      }),
    );
  }

  /** None for who is hidden: the binding then tells nothing. */
  getLocalState(): { cursor: unknown } | null {
    return useMe.getState().isHidden ? null : { cursor: this.company.caret };
  }

  setLocalStateField(_field: "cursor", value: unknown) {
    this.company.caret = value;
  }

  on(_event: "change", listener: Listener) {
    let seen = this.words();
    const hear = () => {
      const now = this.words();
      if (now === seen) return;
      seen = now;
      listener({ added: [], updated: this.company.peers.map(({ client }) => client), removed: [] }, this);
    };
    this.listeners.set(listener, this.company.subscribe(hear));
  }

  off(_event: "change", listener: Listener) {
    this.listeners.get(listener)?.();
    this.listeners.delete(listener);
  }

  private words(): string {
    const states = this.company.awareness.getStates();
    return this.company.peers.map((peer) => wordsOf(peer, states.get(peer.client)?.["cursor"])).join("\n");
  }
}

/** What a caret is known by. A peer who told nothing new is the same object. */
const words = new WeakMap<Peer, string>();

function wordsOf(peer: Peer, cursor: unknown): string {
  const known = words.get(peer);
  if (known !== undefined) return known;
  const caret = caretOf(cursor);
  const made = caret ? JSON.stringify([peer.client, peer.name, peer.color, caret]) : "";
  words.set(peer, made);
  return made;
}

/** A place in a text is known by the character before or after it, or by the text itself; never by a name. */
function caretOf(value: unknown): { anchor: unknown; head: unknown } | null {
  if (!isRecord(value)) return null;
  const [anchor, head] = [spotOf(value["anchor"]), spotOf(value["head"])];
  return anchor && head ? { anchor, head } : null;
}

function spotOf(value: unknown): object | null {
  if (!isRecord(value)) return null;
  const { type, item, assoc } = value;
  if (!isIdOrNone(type) || !isIdOrNone(item) || (!type && !item)) return null;
  return { type: type ?? null, tname: null, item: item ?? null, assoc: assoc === -1 ? -1 : 0 };
}

const isIdOrNone = (value: unknown): boolean =>
  value === null || value === undefined || (isRecord(value) && isCount(value["client"]) && isCount(value["clock"]));
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
