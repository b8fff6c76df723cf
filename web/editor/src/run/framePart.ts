/** Which part of the frame is shown, kept from frame to frame; and the frame that a thread leads to. */
import { create } from "zustand";
import type { RunId, Seq } from "../api/types";

export type Part = "input" | "output" | "effects" | "logs" | "about" | "comments";

interface Shown {
  part: Part;
  /** Not shown yet: its run may have to be read first. */
  wanted: { run: RunId; frame: Seq } | null;
}

export const useFramePart = create<Shown>(() => ({ part: "output", wanted: null }));
