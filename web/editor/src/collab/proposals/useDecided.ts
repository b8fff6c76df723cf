/** What others decide about a proposal is seen where it is looked at, and where the chat shows it. */
import { useEffect } from "react";
import { getProposal } from "../../ai/api";
import { knownProposals, knowProposal } from "../../ai/proposals";
import { leave } from "../../ai/review";
import { useReview } from "../../ai/reviewStore";
import { visible } from "../../ai/words";
import { say } from "../../ui/say";
import { deciderOf } from "../people";
import type { SharedProposal } from "./shared";

export function useDecided(shared: readonly SharedProposal[]) {
  const proposal = useReview((review) => review.proposal);
  const isBusy = useReview((review) => review.isBusy);
  useEffect(() => {
    const decided = shared.find(({ id, state }) => id === proposal?.id && state !== "open");
    // While it is being decided here, the answer to that says more.
    if (!decided || isBusy || proposal?.state !== "open") return;
    leave();
    say(`${deciderOf(decided)} ${decided.state} “${visible(decided.title)}”.`);
  }, [shared, proposal, isBusy]);
  useEffect(() => {
    if (isBusy) return;
    for (const { id, state } of shared) {
      if (state === "open" || knownProposals()[id]?.state !== "open") continue;
      getProposal(id).then(knowProposal, () => undefined);
    }
  }, [shared, isBusy]);
}
