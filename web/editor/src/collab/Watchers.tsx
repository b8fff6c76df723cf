/** Where on the timeline the others look. */
import type { CSSProperties } from "react";
import type { RunId, Seq } from "../api/types";
import { Avatar } from "./Avatar";
import { usePeople } from "./people";

interface WatchersProps {
  run: RunId;
  /** The moment that is shown here, with a mark of its own. */
  seq: Seq;
  /** Where on the picture a moment lies. */
  xOf: (seq: Seq) => number;
  width: number;
}

/** As wide as a mark is. */
const MARK = 18;

/** The header of the run says the same in words. */
export function Watchers({ run, seq, xOf, width }: WatchersProps) {
  const people = usePeople((store) => store.people);
  const at = new Map([[seq, 1]]);
  return people.map(({ place, ...peer }) => {
    if (place.run !== run || place.seq === undefined) return null;
    const x = xOf(place.seq);
    if (x < 0 || x > width) return null;
    // Beside those who are at the same moment; at the right end, on their left.
    const before = at.get(place.seq) ?? 0;
    at.set(place.seq, before + 1);
    const aside = before * MARK * (x + (before + 1) * MARK > width ? -1 : 1);
    return (
      <span
        key={peer.client}
        className="watcher"
        data-aside={before > 0 || undefined}
        style={{ left: x, "--person": peer.color, "--aside": `${aside}px` } as CSSProperties}
        title={`${peer.name} is at event ${place.seq}`}
        aria-hidden
      >
        <Avatar person={peer} />
      </span>
    );
  });
}
