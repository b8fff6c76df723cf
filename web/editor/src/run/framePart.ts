/** Which part of the frame is shown, kept from frame to frame. */
import { create } from "zustand";

export type Part = "input" | "output" | "effects" | "logs" | "about" | "comments";

export const useFramePart = create<{ part: Part }>(() => ({ part: "output" }));
