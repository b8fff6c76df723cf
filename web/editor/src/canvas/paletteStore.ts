/** Whether the palette is open, where, and what the new node will be joined to. */
import { create } from "zustand";
import type { NodeId, Position } from "../api/types";

export interface PaletteAsk {
  /** Where it opens, in the window. */
  screen: Position;
  /** Where the node goes, on the canvas; null: beside what is selected. */
  at: Position | null;
  /** The wire that was dropped: from an output of a node, or to an input. */
  wire?: { node: NodeId; port: string; type: string; side: "output" | "input" };
  /** The edge that the node is put into. */
  edge?: string;
}

export const usePalette = create<{ ask: PaletteAsk | null }>(() => ({ ask: null }));
export const openPalette = (ask: PaletteAsk) => usePalette.setState({ ask });
export const closePalette = () => usePalette.setState({ ask: null });
