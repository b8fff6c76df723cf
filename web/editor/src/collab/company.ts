/**
 * The people in the room of the workflow that is open: what they tell, and what this person tells of themselves.
 *
 * What changes with every move of a hand goes past React: those who draw it listen, and ask for `peers`.
 */
import type { Awareness } from "y-protocols/awareness";
import type { NodeId, Position } from "../api/types";
import { same } from "../document/json";
import { useMe } from "./me";
import { COLORS, colorOf, initialsOf, peerOf, type Eye, type Peer, type Place } from "./peer";

interface Own {
  place: Place;
  pointer: Position | null;
  selection: readonly NodeId[];
  drag: Readonly<Record<NodeId, Position>> | null;
  /** The caret in a text, as the text editor's binding writes it. */
  cursor: unknown;
}

/** Thirty times a second at most. */
const TELL_MS = 33;
/** Who came a moment ago hears of those who were here before. */
const NEW_MS = 3000;
/** Thirty people's hands are heard a thousand times a second, and looked at with each frame. */
const HEAR_MS = 16;
/** The service takes no more than 4 KiB of one person. */
const BYTES_MAX = 3500;

export class Company {
  private own: Own = { place: { view: "canvas" }, pointer: null, selection: [], drag: null, cursor: null };
  private readonly listeners = new Set<() => void>();
  color: string;
  private readonly cameAt = Date.now();
  private person = "";
  private timer: ReturnType<typeof setTimeout> | null = null;
  private toldAt = 0;
  private known = new Map<number, { state: unknown; peer: Peer | null }>();
  /** The answer of `peers` until something is heard. */
  private present: readonly Peer[] | null = null;
  /** Until then the listeners are not told again. */
  private hearing: ReturnType<typeof setTimeout> | null = null;
  private isUnheard = false;
  private readonly forget: () => void;

  constructor(
    readonly awareness: Awareness,
    /** What the service calls this person; nobody is told of them before that is known. */
    private givenName = "",
  ) {
    this.color = freeColor(awareness);
    awareness.on("change", this.heard);
    this.forget = useMe.subscribe(() => this.tell());
    this.tell();
  }

  get client(): number {
    return this.awareness.clientID;
  }

  get name(): string {
    return useMe.getState().name || this.givenName;
  }

  /** Everybody else. The same list, until something is heard. */
  get peers(): readonly Peer[] {
    return (this.present ??= this.everybodyElse());
  }

  /** Hears of changes of anybody, with each frame at most. */
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  /** The service calls this person so, and knows them by this id. */
  call(name: string, person = "") {
    this.givenName = name;
    this.person = person;
    this.tell();
  }

  get caret(): unknown {
    return this.own.cursor;
  }

  set caret(cursor: unknown) {
    this.change({ cursor });
  }

  goTo(place: Partial<Place>) {
    const { node: _, field: __, run: ___, ...rest } = this.own.place;
    this.change({ place: { ...rest, ...place } });
  }

  /** Tells of the moment of the run that is looked at, and of the frame that is seen of it. */
  see(moment: Pick<Place, "seq" | "frame">) {
    const { seq: _, frame: __, ...place } = this.own.place;
    this.change({ place: { ...place, ...moment } });
  }

  look(eye: Eye) {
    this.change({ place: { ...this.own.place, eye } });
  }

  point(pointer: Position | null) {
    this.change({ pointer: pointer && rounded(pointer) });
  }

  choose(selection: Iterable<NodeId>) {
    this.change({ selection: [...selection] });
  }

  drag(moved: ReadonlyMap<NodeId, Position> | null) {
    this.change({ drag: moved && Object.fromEntries([...moved].map(([id, at]) => [id, rounded(at)])) });
  }

  leave() {
    this.forget();
    this.awareness.off("change", this.heard);
    if (this.timer) clearTimeout(this.timer);
    if (this.hearing) clearTimeout(this.hearing);
    this.awareness.setLocalState(null);
    this.listeners.clear();
  }

  private everybodyElse(): readonly Peer[] {
    const peers: Peer[] = [];
    const known = new Map<number, { state: unknown; peer: Peer | null }>();
    for (const [client, state] of this.awareness.getStates()) {
      if (client === this.client) continue;
      const before = this.known.get(client);
      const entry = before?.state === state ? before : { state, peer: peerOf(client, state) };
      known.set(client, entry);
      if (entry.peer) peers.push(entry.peer);
    }
    this.known = known;
    return peers.sort((a, b) => a.client - b.client);
  }

  private change(change: Partial<Own>) {
    const own = { ...this.own, ...change };
    if (same(own, this.own)) return;
    this.own = own;
    this.tellSoon();
  }

  private tellSoon() {
    // To an empty room nothing is told; whoever comes is told then.
    if (this.timer || this.awareness.getStates().size < 2) return;
    this.timer = setTimeout(() => this.tell(), Math.max(0, this.toldAt + TELL_MS - Date.now()));
  }

  private tell() {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.toldAt = Date.now();
    const { name, color } = this;
    if (useMe.getState().isHidden || !name) return this.awareness.setLocalState({ user: null });
    const user = {
      name,
      color,
      colorLight: `${color}33`,
      kind: "person",
      avatar: initialsOf(name),
      ...(this.person && { id: this.person }),
    };
    this.awareness.setLocalState({ user, ...fitted(this.own) });
  }

  /** Those who were here before keep their colours. */
  private meet(added: readonly number[]) {
    const others = added.filter((client) => client !== this.client);
    if (Date.now() < this.cameAt + NEW_MS && others.length > 0) this.color = freeColor(this.awareness, this.color);
    this.tellSoon();
  }

  private readonly heard = ({ added, updated, removed }: Record<"added" | "updated" | "removed", number[]>) => {
    if (added.length > 0) this.meet(added);
    if (![...added, ...updated, ...removed].some((client) => client !== this.client)) return;
    this.present = null;
    this.isUnheard = true;
    if (!this.hearing) this.hear();
  };

  /** Tells the listeners now, and again after a frame when more was heard in it. */
  private hear() {
    this.hearing = null;
    if (!this.isUnheard) return;
    this.isUnheard = false;
    this.hearing = setTimeout(() => this.hear(), HEAR_MS);
    this.listeners.forEach((listener) => listener());
  }
}

const rounded = ({ x, y }: Position): Position => ({ x: Math.round(x), y: Math.round(y) });

/** This colour, or the next that nobody else here has. */
function freeColor({ clientID, states }: Awareness, wanted = colorOf(clientID)): string {
  const others = [...states].filter(([client]) => client !== clientID);
  const taken = new Set(others.flatMap(([client, state]) => peerOf(client, state)?.color ?? []));
  const from = COLORS.findIndex((color) => color === wanted);
  const inTurn = COLORS.map((_, at) => COLORS[(from + at) % COLORS.length] as string);
  return inTurn.find((color) => !taken.has(color)) ?? wanted;
}

/** Of very many selected or dragged nodes, as many as may be told. */
function fitted(own: Own): Own {
  const size = (part: unknown) => JSON.stringify(part).length;
  let { selection, drag } = own;
  while (selection.length > 0 && size(selection) > BYTES_MAX / 3)
    selection = selection.slice(0, Math.floor(selection.length / 2));
  while (drag && size(drag) > BYTES_MAX / 3) {
    const entries = Object.entries(drag);
    drag = Object.fromEntries(entries.slice(0, Math.floor(entries.length / 2)));
  }
  return { ...own, selection, drag };
}
