/** Who is in the room of the workflow on the screen, as React draws it: what changes seldom. */
import { useEffect } from "react";
import type { WebsocketProvider } from "y-websocket";
import { create } from "zustand";
import { getSession } from "../api/session";
import type { NodeId, Position } from "../api/types";
import type { Opened } from "../document/open";
import { Company } from "./company";
import { useMe } from "./me";
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
export function useCompany({ provider }: Opened) {
  useEffect(() => {
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
    if (seen === drawn && moved.length + dragged.size === 0 && (following === null || isHere)) return;
    usePeople.setState({
      people: seen === drawn ? people : peers,
      dragged: moved.length > 0 ? new Map(moved) : dragged.size > 0 ? NOBODY.dragged : dragged,
      following: isHere ? following : null,
    });
    drawn = seen;
  };
  usePeople.setState({ ...NOBODY, company });
  hear();
  const deafen = company.subscribe(hear);
  return () => {
    deafen();
    company.leave();
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

/** What somebody is called whom the service knows by this id, as far as they are here. */
export const nameOfPerson = (id: string): string | null =>
  usePeople.getState().people.find(({ person }) => person === id)?.name ?? null;

export const follow = (following: number | null) => usePeople.setState({ following });
