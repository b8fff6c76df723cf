/** A branch is made, worked in, and merged back by review. */
import { knowProposal } from "../ai/proposals";
import { listWorkflows } from "../api/workflows";
import { addressOf, go } from "../app/router";
import type { Opened } from "../document/open";
import { complain } from "../run/actions";
import { branch, merge } from "./api";
import { openMerge } from "./historyStore";
import { keptHash } from "./restoring";

/** Of a version, or of the workflow with everything that was typed so far. */
export async function makeBranch(id: string, opened: Opened, { name, hash }: { name: string; hash: string | null }) {
  const now = await keptHash(id, opened);
  return branch(id, name.trim(), hash ?? now);
}

/** Proposes to the workflow what this branch of it changed, and leads to the review there. */
export async function mergeBack(id: string, into: string, opened: Opened): Promise<void> {
  try {
    await keptHash(id, opened);
    const proposal = await merge(into, id);
    knowProposal(proposal);
    openMerge(proposal.id);
    go(addressOf({ screen: "workflow", id: into }));
  } catch (error) {
    complain(error);
  }
}

/** What this workflow was branched from, with its name; null when it was not. */
export async function findOrigin(id: string): Promise<{ id: string; name: string } | null> {
  const own = await rowOf(id);
  if (!own?.branchOf) return null;
  const origin = await rowOf(own.branchOf);
  return { id: own.branchOf, name: origin?.name || own.branchOf };
}

async function rowOf(id: string) {
  let cursor = "";
  for (;;) {
    const { items, next } = await listWorkflows(id, "", cursor);
    const found = items.find((row) => row.id === id);
    if (found || next === null) return found;
    cursor = next;
  }
}
