/** Over the canvas while a proposal is looked at: what it does outside, its parts one by one, accept and reject. */
import { Check, ChevronLeft, ChevronRight, X } from "lucide-react";
import { useMayEdit } from "../api/session";
import { keyOf, useKeys } from "../app/keys";
import { counted } from "../lib/words";
import { openMerge, useHistoryPanel } from "../history/historyStore";
import { openChat, useAi } from "./panelStore";
import { accept, leave, reject, step, turnPart } from "./review";
import { useReview } from "./reviewStore";
import { Notices, noticesOf } from "./SummaryList";
import type { Proposal } from "./types";
import { visible } from "./words";
import "./ai.css";

export function ReviewBar() {
  const proposal = useReview((review) => review.proposal);
  return proposal && <Bar proposal={proposal} />;
}

function Bar({ proposal }: { proposal: Proposal }) {
  const { changes, isBusy, isMoved, refusal } = useReview();
  const resume = Boolean(proposal.mends);
  const mayEdit = useMayEdit();
  useKeys({
    ...(mayEdit && { acceptProposal: () => void accept({ resume }), rejectProposal: () => void reject() }),
    nextPart: () => step(1),
    previousPart: () => step(-1),
    turnPart: () => {
      const { at, proposal } = useReview.getState();
      const part = at === null ? undefined : proposal?.parts[at];
      if (part) turnPart(part.id);
    },
  });
  return (
    <section className="review" aria-label="Proposed change" data-keys="canvas">
      <p className="sr-only" role="status">
        Proposed: {proposal.title}.{" "}
        {mayEdit && `${keyOf("acceptProposal")} accepts, ${keyOf("rejectProposal")} rejects. `}
        {keyOf("nextPart")} leads through its parts.
      </p>
      <div className="review-row">
        <span className="review-title" title={proposal.title}>
          {visible(proposal.title)}
        </span>
        {changes && <Tally changes={changes} />}
        <Steps proposal={proposal} />
        {mayEdit && <Decide isBusy={isBusy} resume={resume} />}
        <button type="button" className="tool" aria-label="Decide later" title="Decide later" onClick={leave}>
          <X size={14} aria-hidden />
        </button>
      </div>
      <Notices notices={noticesOf(proposal).filter(({ kind }) => kind !== "code")} />
      {isMoved && (
        <p className="ai-quiet">The workflow has changed since this was proposed. It is shown as it was meant.</p>
      )}
      {refusal && (
        <p className="ai-problem" role="alert">
          {visible(refusal.reason)}
        </p>
      )}
      <Details proposal={proposal} />
    </section>
  );
}

function Decide({ isBusy, resume }: { isBusy: boolean; resume: boolean }) {
  return (
    <>
      <button
        type="button"
        className="button primary"
        disabled={isBusy}
        title={`Accept (${keyOf("acceptProposal")})`}
        onClick={() => void accept({ resume })}
      >
        <Check size={14} aria-hidden /> Accept <kbd>{keyOf("acceptProposal")}</kbd>
      </button>
      <button
        type="button"
        className="button"
        disabled={isBusy}
        title={`Reject (${keyOf("rejectProposal")})`}
        onClick={() => void reject()}
      >
        Reject <kbd>{keyOf("rejectProposal")}</kbd>
      </button>
    </>
  );
}

/** `+2 ~1 −1`, said in words for those who hear it. */
export function Tally({
  changes: { nodes, edges },
}: {
  changes: NonNullable<ReturnType<typeof useReview.getState>["changes"]>;
}) {
  const count = (mark: string) => [...nodes, ...edges].filter((change) => change.mark === mark).length;
  const [added, changed, removed] = [count("added"), count("changed"), count("removed")];
  return (
    <span className="review-tally" role="img" aria-label={`${added} added, ${changed} changed, ${removed} removed`}>
      {added > 0 && <span data-mark="added">+{added}</span>}
      {changed > 0 && <span data-mark="changed">~{changed}</span>}
      {removed > 0 && <span data-mark="removed">−{removed}</span>}
    </span>
  );
}

function Steps({ proposal: { parts } }: { proposal: Proposal }) {
  const { at, chosen } = useReview();
  if (parts.length < 2) return null;
  const where = at === null ? counted(parts.length, "part") : `${at + 1} of ${parts.length}`;
  return (
    <span className="review-steps">
      <button
        type="button"
        className="tool"
        aria-label="Previous part"
        title={`Previous part (${keyOf("previousPart")})`}
        onClick={() => step(-1)}
      >
        <ChevronLeft size={14} aria-hidden />
      </button>
      <span aria-live="polite">
        {where}
        {chosen.size < parts.length && `, ${chosen.size} taken`}
      </span>
      <button
        type="button"
        className="tool"
        aria-label="Next part"
        title={`Next part (${keyOf("nextPart")})`}
        onClick={() => step(1)}
      >
        <ChevronRight size={14} aria-hidden />
      </button>
    </span>
  );
}

/** The parts and the lines are in the panel; with the panel closed, a way to it. */
function Details({ proposal }: { proposal: Proposal }) {
  const isChat = useAi((panel) => panel.isOpen);
  const isMerge = useHistoryPanel((panel) => panel.isOpen && panel.proposal === proposal.id);
  if (isChat || isMerge) return null;
  const show = proposal.origin.kind === "branch" ? () => openMerge(proposal.id) : openChat;
  return (
    <button type="button" className="review-more" onClick={show}>
      Parts and values
    </button>
  );
}
