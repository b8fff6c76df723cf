/**
 * Somebody who was followed and is not here now. From one page to another a person leaves the room and comes again as
 * another client; whoever follows them goes on following, and so does who went to another page to follow.
 */
import type { Peer } from "./peer";

interface Missed {
  who: Peer;
  /** Those who were here besides: whoever is called alike among them is another tab. */
  others: ReadonlySet<number>;
  until: number;
}

const MISSED_MS = 5000;
let missed: Missed | null = null;

export const forgetMissed = () => void (missed = null);

/** The followed one is gone, or this person is. */
export function miss(people: readonly Peer[], following: number | null) {
  const who = people.find(({ client }) => client === following);
  if (!who) return;
  const others = new Set(people.map(({ client }) => client).filter((client) => client !== who.client));
  missed = { who, others, until: Date.now() + MISSED_MS };
}

/** Whoever was followed, as soon as they are here again. */
export function comeAgain(peers: readonly Peer[]): Peer | null {
  if (!missed || Date.now() > missed.until) return (missed = null);
  const { who, others } = missed;
  const isSame = ({ client, person, name }: Peer) => !others.has(client) && person === who.person && name === who.name;
  const found = peers.find(({ client }) => client === who.client) ?? peers.find(isSame) ?? null;
  if (found) missed = null;
  return found;
}
