/**
 * Whether the history of the workflow is open beside the canvas, and which window of it lies over the page. In the first
 * load, because keys and buttons ask for it; what is shown is read when it is first shown.
 */
import { create } from "zustand";
import type { RunId } from "../api/types";
import { addressOf, go, placeNow } from "../app/router";
import { useAi } from "../ai/panelStore";

type HistoryWindow =
  | { kind: "publish" }
  /** Of which version; null: of the current one. */
  | { kind: "branch"; hash: string | null }
  /** `good`: a version under which it comes out as it should, when that is known. */
  | { kind: "bisect"; run: RunId; good: string | null };

interface HistoryState {
  isOpen: boolean;
  /** What one version changed, or what has changed since. */
  side: "since" | "in";
  /** A change of a branch that is looked at, as a proposal. */
  proposal: string | null;
  window: HistoryWindow | null;
}

export const useHistoryPanel = create<HistoryState>(() => ({
  isOpen: false,
  side: "since",
  proposal: null,
  window: null,
}));

const set = useHistoryPanel.setState;

/** What had the keyboard before the panel. */
let before: Element | null = null;

/** There is one panel beside the canvas: the AI's or this one. */
useAi.subscribe(({ isOpen }) => isOpen && set({ isOpen: false }));

export function openVersions() {
  if (!useHistoryPanel.getState().isOpen) before = document.activeElement;
  useAi.setState({ isOpen: false });
  set({ isOpen: true });
}

/** Goes, back to the workflow as it is now, and gives the keyboard back. */
export function closeVersions() {
  set({ isOpen: false, proposal: null });
  showVersion(null);
  if (before instanceof HTMLElement && before.isConnected) before.focus();
  before = null;
}

export const turnVersions = () => (useHistoryPanel.getState().isOpen ? closeVersions() : openVersions());

/** Shows the proposal of a branch, by part. */
export function openMerge(proposal: string) {
  openVersions();
  set({ proposal });
}
export const leaveMerge = () => set({ proposal: null });

export const showSide = (side: HistoryState["side"]) => set({ side });
export const openWindow = (window: HistoryWindow | null) => set({ window });
export const closeWindow = () => set({ window: null });

/** Shows a version on the canvas; null: the workflow as it is now. */
export function showVersion(hash: string | null, side?: HistoryState["side"]) {
  const place = placeNow();
  if (side) set({ side });
  if (place.screen !== "workflow" || (place.version ?? null) === hash) return;
  const { version: _, ...rest } = place;
  go(addressOf({ ...rest, ...(hash !== null && { version: hash }) }), "replace");
}
