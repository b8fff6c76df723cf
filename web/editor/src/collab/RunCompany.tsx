/** Who else looks at a run, and at what of it. */
import type { RunId } from "../api/types";
import { Avatar } from "./Avatar";
import { usePeople } from "./people";
import { useNodeNames, whereabouts } from "./whereabouts";

/** As many as leave the run's head to be read. */
const SHOWN = 3;

export function RunCompany({ run }: { run: RunId }) {
  const people = usePeople((store) => store.people).filter(({ place }) => place.run === run);
  const nameOf = useNodeNames();
  if (people.length === 0) return null;
  const words = people.map((peer) => `${peer.name} ${whereabouts(peer, nameOf, run)}`);
  const more = people.length === 1 ? words[0] : people.length > SHOWN && `+${people.length - SHOWN}`;
  return (
    <span className="run-company" role="img" aria-label={words.join("; ")} title={words.join("\n")}>
      <span className="avatars">
        {people.slice(0, SHOWN).map((person) => (
          <Avatar key={person.client} person={person} />
        ))}
      </span>
      {more && <span className="run-company-words">{more}</span>}
    </span>
  );
}
