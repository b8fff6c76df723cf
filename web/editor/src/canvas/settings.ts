/** How this person likes the canvas, kept in this browser. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Density = "compact" | "normal" | "detailed";
export const DENSITIES: readonly Density[] = ["compact", "normal", "detailed"];

interface Settings {
  density: Density;
  minimap: boolean;
  snapLines: boolean;
}

export const useSettings = create<Settings>()(
  persist((): Settings => ({ density: "normal", minimap: true, snapLines: true }), { name: "flowforge/canvas" }),
);
