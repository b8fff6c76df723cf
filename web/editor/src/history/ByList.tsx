/** Who changed what, between two versions. */
import { Avatar } from "../collab/Avatar";
import { ago, counted } from "../lib/words";
import type { By } from "./api";
import { looksOf, placeWords, type NameOf } from "./words";

const PLACES_MAX = 5;

export function ByList({ by, nameOf, label }: { by: readonly By[]; nameOf: NameOf; label: string }) {
  if (by.length === 0) return null;
  return (
    <ul className="by" aria-label={label}>
      {by.map((one, at) => (
        <li key={at}>
          <Avatar person={looksOf(one.author ?? NOBODY)} />
          <p>
            <b>{one.author?.name ?? "Somebody"}</b>
            {one.at && <span className="ai-quiet"> {ago(one.at)}</span>}
            <span className="by-places">{placesWords(one.places, nameOf)}</span>
          </p>
        </li>
      ))}
    </ul>
  );
}

export const NOBODY = { id: "", name: "?", kind: "person" };

function placesWords(places: readonly string[], nameOf: NameOf): string {
  const shown = places.slice(0, PLACES_MAX).map((place) => placeWords(place, nameOf));
  const left = places.length - shown.length;
  return [...shown, ...(left > 0 ? [`${counted(left, "other place")}`] : [])].join(", ");
}
