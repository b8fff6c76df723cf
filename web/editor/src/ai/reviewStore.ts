/** The proposal that is looked at. The state alone, for the first load; what is done with it is in `review.ts`. */
import { create } from "zustand";
import type { Workflow } from "../api/types";
import type { Changes } from "./changes";
import type { Accepted, Proposal } from "./types";

export interface Refusal {
  code: string;
  reason: string;
  hint: string | undefined;
}

interface Review {
  proposal: Proposal | null;
  /** The parts that are taken. */
  chosen: ReadonlySet<number>;
  /** Which part is looked at; null: none in particular. */
  at: number | null;
  /** What the change is made to, and what it does with the chosen parts. */
  before: Workflow | null;
  changes: Changes | null;
  /** What stands on the screen cannot take the change any more, so it is shown on the version it was made for. */
  isMoved: boolean;
  isBusy: boolean;
  refusal: Refusal | null;
  /** What came of the proposal that was accepted last. */
  accepted: Accepted | null;
  /** Proposals that were accepted and taken back by their own undo. */
  takenBack: ReadonlySet<string>;
}

export const NO_REVIEW: Review = {
  proposal: null,
  chosen: new Set(),
  at: null,
  before: null,
  changes: null,
  isMoved: false,
  isBusy: false,
  refusal: null,
  accepted: null,
  takenBack: new Set(),
};

export const useReview = create<Review>(() => NO_REVIEW);
