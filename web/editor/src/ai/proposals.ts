/** The proposals that this page knows, by id: those that a turn brought, and those that a person asked to see again. */
import { useEffect } from "react";
import { create } from "zustand";
import { getProposal } from "./api";
import type { Proposal } from "./types";

const useKnown = create<{ byId: Readonly<Record<string, Proposal>> }>(() => ({ byId: {} }));

export const knowProposal = (proposal: Proposal) =>
  useKnown.setState(({ byId }) => ({ byId: { ...byId, [proposal.id]: proposal } }));

export const knownProposals = (): Readonly<Record<string, Proposal>> => useKnown.getState().byId;

/** Reads it when it is not known; null until it is. */
export function useProposal(id: string): Proposal | null {
  const known = useKnown(({ byId }) => byId[id]);
  useEffect(() => {
    // One that is gone is not shown.
    if (!known) getProposal(id).then(knowProposal, () => undefined);
  }, [id, known]);
  return known ?? null;
}
