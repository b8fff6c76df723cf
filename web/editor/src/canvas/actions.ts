/** What things on the canvas ask of it. */
import { createContext } from "react";
import type { Position } from "../api/types";

export interface CanvasAsk {
  /** Opens the palette to put a node into an edge. The place is on the screen. */
  insertOn(edge: string, at: Position): void;
}

export const CanvasActions = createContext<CanvasAsk | null>(null);
