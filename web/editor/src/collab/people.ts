/** Who is in the room of the workflow on the screen, as React draws it: what changes seldom. */
import { useEffect } from "react";
import type { WebsocketProvider } from "y-websocket";
import { create } from "zustand";
import { getSession } from "../api/session";
import type { NodeId, Position } from "../api/types";
import type { Opened } from "../document/open";
import { Company } from "./company";
import { useMe } from "./me";
import { comeAgain, forgetMissed, miss } from "./missed";
import type { Peer } from "./peer";

interface People {
  company: Company | null;
  /** Without what changes with every move of a hand. */
  people: readonly Peer[];
  /** Where the nodes are that others drag. */
  dragged: ReadonlyMap<NodeId, Position>;
  /** The client whose view is followed. */
  following: number | null;
}

const NOBODY: People = { company: null, people: [], dragged: new Map(), following: null };

export const usePeople = create<People>(() => NOBODY);

export const companyNow = (): Company | null => usePeople.getState().company;

/** Somebody of the service's default name is one of several; they may say who they are. */
const UNNAMED = "Somebody";

/** Keeps company with those who have this document open, as long as the component is there. */
export function useCompany(opened: Opened | null) {
  const provider = opened?.provider;
  useEffect(() => {
    if (!provider) return;
    const company = new Company(provider.awareness);
    const leave = keepCompany(company);
    getSession().then(
      ({ person }) => company.call(person.name || person.id || UNNAMED, person.id),
      () => company.call(UNNAMED),
    );
    const deafen = useMe.subscribe(({ name }, before) => {
      if (name !== before.name) introduceAgain(provider, name);
    });
    return () => {
      deafen();
      leave();
    };
  }, [provider]);
}

/** What is typed from now on is kept under this name: a connection has one. */
function introduceAgain(provider: WebsocketProvider, name: string) {
  provider.params = name ? { name } : {};
  if (!provider.wsconnected) return;
  provider.disconnect();
  provider.connect();
}

export function keepCompany(company: Company): () => void {
  let drawn = "";
  const hear = () => {
    const { peers } = company;
    const { people, dragged, following } = usePeople.getState();
    const seen = seldom(peers);
    const moved = peers.flatMap(({ drag }) => Object.entries(drag ?? {}));
    const isHere = peers.some(({ client }) => client === following);
    if (!isHere) miss(people, following);
    const again = isHere ? null : comeAgain(peers);
    if (seen === drawn && moved.length + dragged.size === 0 && (following === null || isHere) && !again) return;
    usePeople.setState({
      people: seen === drawn ? people : peers,
      dragged: moved.length > 0 ? new Map(moved) : dragged.size > 0 ? NOBODY.dragged : dragged,
      following: isHere ? following : (again?.client ?? null),
    });
    drawn = seen;
  };
  usePeople.setState({ ...NOBODY, company });
  hear();
  const deafen = company.subscribe(hear);
  return () => {
    deafen();
    company.leave();
    const { people, following } = usePeople.getState();
    miss(people, following);
    usePeople.setState(NOBODY);
  };
}

const seldom = (peers: readonly Peer[]) => peers.map(wordsOf).join("\n");

/** A peer who told nothing new is the same object, and their words are not made again. */
const words = new WeakMap<Peer, string>();

function wordsOf(peer: Peer): string {
  const known = words.get(peer);
  if (known !== undefined) return known;
  const { client, name, initials, color, kind, doing, person, place, drag } = peer;
  const { eye: _, ...seldom } = place;
  const made = JSON.stringify([client, name, initials, color, kind, doing, person, seldom, drag !== null]);
  words.set(peer, made);
  return made;
}

/** What somebody is called who decided: as they call themselves while they are here, or as the service wrote it down then. */
export const deciderOf = ({ by, byName = "" }: { by: string; byName?: string }): string =>
  usePeople.getState().people.find(({ person }) => person === by)?.name ?? (byName || "Somebody");

export function follow(following: number | null) {
  forgetMissed();
  usePeople.setState({ following });
}
