/** Beside the canvas: what is proposed and not decided, for everybody who is here; and the AI while it works. */
import { LoaderCircle, Sparkles, X } from "lucide-react";
import { useState } from "react";
import type * as Y from "yjs";
import { useReview } from "../../ai/reviewStore";
import { visible } from "../../ai/words";
import { usePeople } from "../people";
import type { SharedProposal } from "./shared";
import { showProposal } from "./show";
import { useDecided } from "./useDecided";
import { useSharedProposals } from "./useShared";
import "../collab.css";

/** As many as leave the canvas to be seen; the others come when these are decided, or put off. */
const SHOWN = 3;

export function ProposalChips({ doc }: { doc: Y.Doc }) {
  const shared = useSharedProposals(doc);
  const looked = useReview(({ proposal }) => proposal?.id ?? null);
  const [later, setLater] = useState<ReadonlySet<string>>(new Set());
  useDecided(shared);
  const open = shared.filter(({ id, state }) => state === "open" && id !== looked && !later.has(id));
  return (
    <>
      <AtWork />
      {open.slice(0, SHOWN).map((proposal) => (
        <Chip key={proposal.id} proposal={proposal} onLater={() => setLater(new Set([...later, proposal.id]))} />
      ))}
      {open.length > SHOWN && <p className="canvas-note">{open.length - SHOWN} more proposals</p>}
    </>
  );
}

function Chip({ proposal: { id, title, chat }, onLater }: { proposal: SharedProposal; onLater: () => void }) {
  const who = chat ? "FlowForge AI proposes" : "Proposed";
  return (
    <div className="canvas-note proposal-chip" role="status">
      <Sparkles size={13} aria-hidden />
      <span className="proposal-words" title={title}>
        {who}: <b>{visible(title)}</b>
      </span>
      <button
        type="button"
        className="proposal-look"
        aria-label={`Look: ${title}`}
        onClick={() => void showProposal(id)}
      >
        Look
      </button>
      <button type="button" className="mini" aria-label={`Not now: ${title}`} title="Not now" onClick={onLater}>
        <X size={12} aria-hidden />
      </button>
    </div>
  );
}

function AtWork() {
  const working = usePeople(({ people }) => people.find(({ kind, doing }) => kind === "ai" && doing));
  if (!working) return null;
  return (
    <p className="canvas-note" role="status">
      <LoaderCircle size={13} className="spin" aria-hidden /> {working.name} is {working.doing}
    </p>
  );
}
