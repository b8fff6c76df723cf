/** A proposal in the chat: what it does, computed from the patch; looked at, its parts and every value by line. */
import { Check, Eye, X } from "lucide-react";
import type { ReactNode } from "react";
import { useMayEdit } from "../api/session";
import { keyOf } from "../app/keys";
import { Threads } from "../collab/comments/Threads";
import { deciderOf } from "../collab/people";
import { useHost } from "./host";
import { Outcome } from "./Outcome";
import { PartList } from "./PartList";
import { useProposal } from "./proposals";
import { Refused } from "./Refused";
import { accept, leave, look, reject } from "./review";
import { useReview } from "./reviewStore";
import { SummaryList } from "./SummaryList";
import type { Proposal } from "./types";
import { visible } from "./words";

interface CardProps {
  id: string;
  /** Asks for it again, when it does not fit any more. */
  onAgain: () => void;
  /** What stands between the summary and the parts: the proof of a fix. */
  children?: ReactNode;
  resume?: boolean;
  /** What accepting is called. */
  verb?: string;
}

export function ProposalCard({ id, ...rest }: CardProps) {
  const proposal = useProposal(id);
  return proposal && <Card proposal={proposal} {...rest} />;
}

const STATES = { accepted: "Accepted", rejected: "Rejected" } as const;

function Card({
  proposal,
  onAgain,
  children,
  resume = false,
  verb = "Accept",
}: Omit<CardProps, "id"> & { proposal: Proposal }) {
  const isLookedAt = useReview((review) => review.proposal?.id === proposal.id);
  const isOpen = proposal.state === "open";
  const accepted = useReview(({ accepted }) => (accepted?.proposal.id === proposal.id ? accepted : null));
  return (
    <section
      className="ai-proposal"
      data-state={proposal.state}
      data-shown={isLookedAt || undefined}
      aria-label={`Proposal: ${proposal.title}`}
    >
      <header>
        <h3>{visible(proposal.title)}</h3>
        <span className="ai-origin">
          {proposal.state === "open" ? originOf(proposal) : `${STATES[proposal.state]} by ${deciderOf(proposal)}`}
        </span>
      </header>
      {proposal.reason && <p className="ai-reason">{visible(proposal.reason)}</p>}
      <SummaryList proposal={proposal} isBrief={accepted !== null || (isLookedAt && proposal.parts.length > 1)} />
      {children}
      {accepted && <Outcome accepted={accepted} />}
      {isLookedAt && <PartList />}
      {isLookedAt && <Refused onAgain={onAgain} />}
      {isLookedAt && <Discussed proposal={proposal} />}
      {isOpen && (isLookedAt ? <Decide resume={resume} verb={verb} /> : <LookAt proposal={proposal} />)}
    </section>
  );
}

function originOf({ origin }: Proposal): string {
  switch (origin.kind) {
    case "planner":
      return "built-in planner";
    case "rule":
      return `rule: ${origin.name}`;
    case "model":
      return origin.model;
    case "branch":
      return `branch ${origin.from}`;
  }
}

/** What people say to each other about it, in the document that is open here. */
function Discussed({ proposal: { id, workflow } }: { proposal: Proposal }) {
  const doc = useHost(({ host }) => (host?.workflow === workflow ? host.shared : null));
  const mayEdit = useMayEdit();
  return doc ? <Threads doc={doc} about={{ proposal: id }} readOnly={!mayEdit} /> : null;
}

function LookAt({ proposal }: { proposal: Proposal }) {
  return (
    <footer className="ai-decide">
      <button type="button" className="button" onClick={() => void look(proposal)}>
        <Eye size={14} aria-hidden /> Look at it
      </button>
    </footer>
  );
}

function Decide({ resume, verb }: { resume: boolean; verb: string }) {
  const isBusy = useReview((review) => review.isBusy);
  if (!useMayEdit()) {
    return (
      <footer className="ai-decide">
        <button type="button" className="button" onClick={leave}>
          Close
        </button>
      </footer>
    );
  }
  return (
    <footer className="ai-decide">
      <button type="button" className="button primary" disabled={isBusy} onClick={() => void accept({ resume })}>
        <Check size={14} aria-hidden /> {verb} <kbd>{keyOf("acceptProposal")}</kbd>
      </button>
      <button type="button" className="button" disabled={isBusy} onClick={() => void reject()}>
        <X size={14} aria-hidden /> Reject
      </button>
      <button type="button" className="tool wide" onClick={leave}>
        Later
      </button>
    </footer>
  );
}
