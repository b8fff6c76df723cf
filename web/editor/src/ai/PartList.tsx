/** The parts of the proposal that is looked at: which are taken, and what each changes, value by value. */
import { ChevronDown, ChevronRight } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { changesOf, type Changes } from "./changes";
import { patched, PatchError } from "../document/patch";
import { ChangeView } from "./ChangeView";
import { chosenPatch, withoutPart, withPart } from "./parts";
import { lookAt, turnPart } from "./review";
import { useReview } from "./reviewStore";
import type { Part, Proposal } from "./types";
import { visible } from "./words";

export function PartList() {
  const { proposal, at, changes } = useReview();
  if (!proposal) return null;
  if (proposal.parts.length < 2) return changes && <ChangeView changes={changes} />;
  return (
    <ol className="ai-parts" aria-label="Parts">
      {proposal.parts.map((part, position) => (
        <PartView
          key={part.id}
          proposal={proposal}
          part={part}
          isLookedAt={at === position}
          onLook={() => lookAt(at === position ? null : position)}
        />
      ))}
    </ol>
  );
}

interface PartProps {
  proposal: Proposal;
  part: Part;
  isLookedAt: boolean;
  onLook: () => void;
}

function PartView({ proposal, part, isLookedAt, onLook }: PartProps) {
  const isTaken = useReview((review) => review.chosen.has(part.id));
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isLookedAt) row.current?.scrollIntoView({ block: "nearest" });
  }, [isLookedAt]);
  const Arrow = isLookedAt ? ChevronDown : ChevronRight;
  const needs = part.needs.map((id) => proposal.parts.findIndex((each) => each.id === id) + 1);
  return (
    <li ref={row} className="ai-part" data-taken={isTaken} aria-current={isLookedAt || undefined}>
      <div className="ai-part-head">
        <input
          type="checkbox"
          aria-label={`Take: ${part.title}`}
          checked={isTaken}
          onChange={() => turnPart(part.id)}
        />
        <button type="button" aria-expanded={isLookedAt} onClick={onLook}>
          <span>{visible(part.title)}</span>
          {needs.length > 0 && <span className="ai-quiet">needs {needs.join(", ")}</span>}
          <Arrow size={13} aria-hidden />
        </button>
      </div>
      {isLookedAt && <Details proposal={proposal} part={part} />}
    </li>
  );
}

/** What this part changes, on top of what it needs. */
function Details({ proposal, part }: { proposal: Proposal; part: Part }) {
  const before = useReview((review) => review.before);
  const changes = useMemo((): Changes | null => {
    if (!before) return null;
    const { patch, parts } = proposal;
    const whole = withPart(parts, new Set(), part.id);
    try {
      const without = patched(before, chosenPatch(patch, parts, withoutPart(parts, whole, part.id)));
      return changesOf(without, patched(before, chosenPatch(patch, parts, whole)));
    } catch (error) {
      if (error instanceof PatchError) return null;
      throw error;
    }
  }, [proposal, part, before]);
  if (!changes) return <p className="ai-quiet">The workflow has changed since; this part cannot be shown on it.</p>;
  return <ChangeView changes={changes} />;
}
