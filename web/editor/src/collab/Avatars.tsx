/** The people of whom something is so, where it is so: beside a run, a moment, a field. */
import { Avatar } from "./Avatar";
import { usePeople } from "./people";
import type { Peer } from "./peer";

interface AvatarsProps {
  of: (peer: Peer) => boolean;
  /** What is so of them: `is looking at this run`. */
  what: string;
}

export function Avatars({ of, what }: AvatarsProps) {
  const people = usePeople((store) => store.people).filter(of);
  if (people.length === 0) return null;
  const words = people.map(({ name }) => `${name} ${what}`).join(", ");
  return (
    <span className="avatars" role="img" aria-label={words} title={words}>
      {people.map((person) => (
        <Avatar key={person.client} person={person} />
      ))}
    </span>
  );
}
