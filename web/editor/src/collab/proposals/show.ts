/** Looks at a proposal that is known by its id. */
import { getProposal } from "../../ai/api";
import { knowProposal } from "../../ai/proposals";
import { look } from "../../ai/review";
import { say } from "../../ui/say";

export async function showProposal(id: string) {
  try {
    const proposal = await getProposal(id);
    knowProposal(proposal);
    await look(proposal);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}
