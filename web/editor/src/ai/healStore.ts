/** The search for fixes of one failure. */
import { create } from "zustand";
import { heal, type HealProgress } from "./api";
import type { Failed } from "./panelStore";
import { knowProposal } from "./proposals";
import { look, refusalOf } from "./review";
import type { Refusal } from "./reviewStore";
import type { Healed } from "./types";

interface HealState {
  failed: Failed | null;
  progress: HealProgress | null;
  healed: Healed | null;
  refusal: Refusal | null;
  isBusy: boolean;
}

const NONE: HealState = { failed: null, progress: null, healed: null, refusal: null, isBusy: false };
export const useHeal = create<HealState>(() => NONE);
const set = useHeal.setState;

let running: AbortController | null = null;

export async function findFixes(failed: Failed) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  set({ ...NONE, failed, isBusy: true });
  const isMine = () => running === mine;
  try {
    const healed = await heal(failed.run, failed.frame, (progress) => isMine() && set({ progress }), mine.signal);
    if (!isMine()) return;
    [...healed.fixes, ...healed.needsLiveTry].forEach(knowProposal);
    set({ healed, isBusy: false });
    const [best] = healed.fixes;
    if (best) void look(best);
  } catch (error) {
    if (isMine()) set({ refusal: refusalOf(error), isBusy: false });
  }
}

export function stopFinding() {
  running?.abort();
  running = null;
  set({ isBusy: false });
}

/** Whether the answer that is held is for this failure. */
export const isFor = (held: Failed | null, wanted: Failed | null) =>
  held !== null && wanted !== null && held.run === wanted.run && held.frame === wanted.frame;
