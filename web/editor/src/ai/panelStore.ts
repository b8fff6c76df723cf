/**
 * Whether the AI panel is open and what it was opened for. In the first load, because keys and buttons all over the page
 * ask for it; what answers is read when the panel is first shown.
 */
import { create } from "zustand";
import type { NodeId, RunId, Seq } from "../api/types";

export type Room = "chat" | "history" | "fix" | "explain";

/** What is to be explained. */
export type About =
  | { kind: "workflow" }
  | { kind: "frame"; run: RunId; frame: Seq; node: NodeId }
  | { kind: "comparison"; a: RunId; b: RunId };

/** Which failure is to be mended. */
export interface Failed {
  run: RunId;
  /** The failed frame; null: whichever made the run fail. */
  frame: Seq | null;
}

interface Panel {
  isOpen: boolean;
  room: Room;
  failed: Failed | null;
  about: About | null;
  /** Counts what was asked for, so that asking for the same again is heard. */
  asked: number;
}

export const useAi = create<Panel>(() => ({ isOpen: false, room: "chat", failed: null, about: null, asked: 0 }));

/** What had the keyboard before the panel. */
let before: Element | null = null;

function show(change: Partial<Panel>) {
  if (!useAi.getState().isOpen) before = document.activeElement;
  useAi.setState((panel) => ({ ...panel, ...change, isOpen: true, asked: panel.asked + 1 }));
}

export const openChat = () => show({ room: "chat" });
export const openHistory = () => show({ room: "history" });
export const openFix = (failed: Failed) => show({ room: "fix", failed });
export const openExplain = (about: About) => show({ room: "explain", about });
export const enter = (room: Room) => useAi.setState({ room });

/** Goes, and gives the keyboard back. */
export function closePanel() {
  useAi.setState({ isOpen: false });
  if (before instanceof HTMLElement && before.isConnected) before.focus();
  before = null;
}

export const turnChat = () => (useAi.getState().isOpen ? closePanel() : openChat());
