/** Where on the timeline the others look. */
import type { CSSProperties } from "react";
import type { RunId, Seq } from "../api/types";
import { Avatar } from "./Avatar";
import { usePeople } from "./people";

interface WatchersProps {
  run: RunId;
  /** Where on the picture a moment lies. */
  xOf: (seq: Seq) => number;
  width: number;
}

/** The header of the run says the same in words. */
export function Watchers({ run, xOf, width }: WatchersProps) {
  const people = usePeople((store) => store.people);
  return people.map(({ place, ...peer }) => {
    if (place.run !== run || place.seq === undefined) return null;
    const x = xOf(place.seq);
    if (x < 0 || x > width) return null;
    return (
      <span
        key={peer.client}
        className="watcher"
        style={{ left: x, "--person": peer.color } as CSSProperties}
        title={`${peer.name} is at event ${place.seq}`}
        aria-hidden
      >
        <Avatar person={peer} />
      </span>
    );
  });
}
