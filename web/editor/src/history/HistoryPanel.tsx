/** The history of the workflow beside its canvas. */
import { Rocket, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { useHost } from "../ai/host";
import { ProposalCard } from "../ai/ProposalCard";
import { useProposal } from "../ai/proposals";
import { look } from "../ai/review";
import { useReview } from "../ai/reviewStore";
import { closeVersions, leaveMerge, openWindow, useHistoryPanel } from "./historyStore";
import { VersionsRoom } from "./VersionsRoom";
// Read together: a proposal comes with the panel open, and its keys must be heard at once.
import "../ai/ReviewBar";
import "../ai/ai.css";
import "./history.css";

export function HistoryPanel() {
  const host = useHost((store) => store.host);
  const proposal = useHistoryPanel((panel) => panel.proposal);
  const root = useFocusOnEntry();
  return (
    <aside ref={root} className="ai history" aria-label="History" data-keys="elsewhere" data-pane="history">
      <header className="ai-head">
        <h2>{proposal === null ? "History" : "Merge"}</h2>
        {proposal !== null && (
          <button type="button" className="tool wide" onClick={leaveMerge}>
            Versions
          </button>
        )}
        {host?.opened && (
          <button
            type="button"
            className="tool"
            aria-label="Publish…"
            title="Publish…"
            onClick={() => openWindow({ kind: "publish" })}
          >
            <Rocket size={15} aria-hidden />
          </button>
        )}
        <button
          type="button"
          className="tool"
          aria-label="Close the history"
          title="Close the history"
          onClick={closeVersions}
        >
          <X size={15} aria-hidden />
        </button>
      </header>
      {host?.opened && proposal === null && (
        <VersionsRoom key={host.workflow} workflow={host.workflow} opened={host.opened} run={host.run} />
      )}
      {proposal !== null && <MergeRoom proposal={proposal} />}
    </aside>
  );
}

function MergeRoom({ proposal: id }: { proposal: string }) {
  const proposal = useProposal(id);
  const isHere = useHost(({ host }) => host?.workflow === proposal?.workflow);
  useEffect(() => {
    if (isHere && proposal?.state === "open" && useReview.getState().proposal?.id !== proposal.id) void look(proposal);
  }, [isHere, proposal]);
  return (
    <div className="ai-room">
      <p className="ai-quiet">
        What the branch changed, part by part. Nothing is changed here before somebody accepts it.
      </p>
      <ProposalCard id={id} verb="Merge" onAgain={leaveMerge} />
    </div>
  );
}

/** Whoever asked for the panel goes on in it. */
function useFocusOnEntry() {
  const root = useRef<HTMLElement>(null);
  useEffect(() => {
    root.current?.querySelector<HTMLElement>("[data-first], header button")?.focus();
  }, []);
  return root;
}
