/** A failure: what went wrong and how that is known, and fixes with the proof of each. */
import { ListChecks, Square } from "lucide-react";
import { useEffect } from "react";
import { showNode } from "../app/showNode";
import { counted, duration } from "../lib/words";
import { findFixes, isFor, stopFinding, useHeal } from "./healStore";
import { FixProof } from "./FixProof";
import { LiveTry } from "./LiveTry";
import { useAi } from "./panelStore";
import { ProposalCard } from "./ProposalCard";
import { Receipts } from "./Receipts";
import type { Healed } from "./types";
import { visible } from "./words";

export function FixRoom() {
  const failed = useAi((panel) => panel.failed);
  const asked = useAi((panel) => panel.asked);
  const { failed: held, healed, refusal, isBusy } = useHeal();
  useEffect(() => {
    if (failed) void findFixes(failed);
  }, [failed, asked]);
  if (!failed) return <p className="ai-quiet ai-room">Choose a failed node or frame, and then Fix.</p>;
  const again = () => void findFixes(failed);
  return (
    <div className="ai-room" role="region" aria-label="Fixes" tabIndex={0} data-first>
      {isBusy && <Progress />}
      {refusal && (
        <div className="ai-problem" role="alert">
          <p>{visible(refusal.reason)}</p>
          {refusal.hint && <p className="ai-quiet">{visible(refusal.hint)}</p>}
          <button type="button" className="button" onClick={again}>
            Try again
          </button>
        </div>
      )}
      {healed && isFor(held, failed) && <Found healed={healed} onAgain={again} />}
    </div>
  );
}

function Progress() {
  const progress = useHeal((store) => store.progress);
  return (
    <div className="ai-progress">
      <p>{progress ? visible(progress.what) : "Reading what failed…"}</p>
      <progress
        aria-label="Search for a fix"
        {...(progress && progress.of > 0 && { value: progress.done, max: progress.of })}
      />
      <button type="button" className="tool wide" onClick={stopFinding}>
        <Square size={12} aria-hidden /> Stop
      </button>
    </div>
  );
}

function Found({ healed, onAgain }: { healed: Healed; onAgain: () => void }) {
  const { fixes, needsLiveTry, tried, tookMs, exhausted, diagnosis } = healed;
  const nothing = fixes.length + needsLiveTry.length === 0;
  return (
    <>
      <Diagnosis healed={healed} />
      {fixes.map((fix) => (
        <ProposalCard key={fix.id} id={fix.id} onAgain={onAgain} resume verb="Accept and go on">
          <FixProof fix={fix} />
        </ProposalCard>
      ))}
      {needsLiveTry.length > 0 && <h3 className="ai-subhead">Needs a live try</h3>}
      {needsLiveTry.map((fix) => (
        <ProposalCard key={fix.id} id={fix.id} onAgain={onAgain} resume verb="Send and go on">
          <LiveTry fix={fix} />
        </ProposalCard>
      ))}
      {nothing && !diagnosis.policy && (
        <p className="ai-nothing">
          No fix was proven{exhausted ? ", and everything that was worth a try was tried" : ""}. Nothing was changed.
        </p>
      )}
      {tried.length > 0 && <Tried tried={tried} isOpen={nothing} />}
      <p className="ai-receipt">
        {counted(fixes.length, "fix").replace("fixs", "fixes")} in {duration(tookMs)}
      </p>
      <Receipts receipts={[...fixes, ...needsLiveTry].flatMap(({ receipts }) => receipts)} by={null} />
    </>
  );
}

function Diagnosis({ healed: { diagnosis, nodeId } }: { healed: Healed }) {
  return (
    <section className="ai-diagnosis" aria-label="Diagnosis">
      <p>
        <button type="button" className="ai-link" onClick={() => showNode(nodeId)}>
          {nodeId}
        </button>{" "}
        <code>{diagnosis.kind}</code>
      </p>
      <p className="ai-answer">{visible(diagnosis.sentence)}</p>
      {diagnosis.policy && (
        <p className="ai-notice-policy">
          A rule of this service refused it. That is never healed away: change the rule, or the workflow, by hand.
        </p>
      )}
      {diagnosis.evidence.length > 0 && (
        <ul className="ai-evidence" aria-label="Evidence">
          {diagnosis.evidence.map((sentence, at) => (
            <li key={at}>{visible(sentence)}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Tried({ tried, isOpen }: { tried: Healed["tried"]; isOpen: boolean }) {
  return (
    <details className="ai-tried" open={isOpen}>
      <summary>
        <ListChecks size={13} aria-hidden /> {counted(tried.length, "candidate")} that did not hold
      </summary>
      <ul>
        {tried.map(({ title, why }, at) => (
          <li key={at}>
            {visible(title)} <span className="ai-quiet">{visible(why)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
