/** One version in the list: who made it of the one before, how, and what they touched. */
import { Bookmark, Rocket } from "lucide-react";
import { Avatar } from "../collab/Avatar";
import type { Opened } from "../document/open";
import { visible } from "../ai/words";
import type { Version } from "./api";
import { NOBODY } from "./ByList";
import { authorsWords, clockOf, looksOf, originWords, titleOf, touchedWords, type NameOf } from "./words";
import { VersionDetail } from "./VersionDetail";

export interface VersionRowProps {
  workflow: string;
  opened: Opened;
  row: Version;
  /** The version before it; null when there is none, or it is not read yet. */
  before: string | null;
  isFirst: boolean;
  isCurrent: boolean;
  isOpen: boolean;
  /** The run that is shown executed it. */
  isExecuted: boolean;
  nameOf: NameOf;
  onChoose: () => void;
  onChanged: () => void;
}

const AUTHORS_SHOWN = 3;

export function VersionRow(props: VersionRowProps) {
  const { row, nameOf, isOpen, isCurrent, isExecuted, onChoose } = props;
  const authors = row.authors.length > 0 ? row.authors : [NOBODY];
  const touched = row.name ? touchedWords(row.touched, nameOf) : "";
  return (
    <li className="version" data-named={Boolean(row.name) || undefined} data-open={isOpen || undefined}>
      <button type="button" className="version-row" data-version aria-expanded={isOpen} onClick={onChoose}>
        <span className="version-authors">
          {authors.slice(0, AUTHORS_SHOWN).map((author, at) => (
            <Avatar key={at} person={looksOf(author)} />
          ))}
        </span>
        <span className="version-words">
          <span className="version-title">
            {row.name && <Bookmark size={12} aria-label="Named" role="img" />}
            {visible(titleOf(row, nameOf))}
          </span>
          <span className="ai-quiet" title={row.savedAt ?? undefined}>
            {[clockOf(row.savedAt), `${authorsWords(row.authors)} ${originWords(row.origin)}`.trim(), touched]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </span>
        {isExecuted && <span className="version-chip">this run</span>}
        {isCurrent && <span className="version-chip">current</span>}
        {row.published && (
          <span className="version-chip" data-published>
            <Rocket size={11} aria-hidden /> published
          </span>
        )}
      </button>
      {isOpen && <VersionDetail {...props} />}
    </li>
  );
}
