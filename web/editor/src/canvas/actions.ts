/** What things on the canvas ask of it. */
import { createContext } from "react";
import type { NodeId, Position } from "../api/types";

interface CanvasAsk {
  /** Opens the palette to put a node into an edge. The place is on the screen. */
  insertOn(edge: string, at: Position): void;
  /** Opens the palette to put the first node into a loop. The place is on the screen. */
  insertInto(loop: NodeId, at: Position): void;
}

export const CanvasActions = createContext<CanvasAsk | null>(null);
