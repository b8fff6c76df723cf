/** Why the service did not take a proposal, and what can be done. */
import { TriangleAlert } from "lucide-react";
import { leave } from "./review";
import { useReview } from "./reviewStore";
import { visible } from "./words";

const CLOSED = new Set(["stale-proposal", "wrong-hash", "proposal-closed"]);

export function Refused({ onAgain }: { onAgain: () => void }) {
  const refusal = useReview((review) => review.refusal);
  if (!refusal) return null;
  return (
    <div className="ai-problem" role="alert">
      <p>
        <TriangleAlert size={13} aria-hidden /> {visible(refusal.reason)}
      </p>
      {refusal.hint && <p className="ai-quiet">{visible(refusal.hint)}</p>}
      {CLOSED.has(refusal.code) && (
        <button
          type="button"
          className="button"
          onClick={() => {
            leave();
            onAgain();
          }}
        >
          Ask again
        </button>
      )}
    </div>
  );
}
