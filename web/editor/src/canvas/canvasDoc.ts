import { createContext } from "react";
import type * as Y from "yjs";

/** The document that the canvas shows, or null when it only shows a run. */
export const CanvasDoc = createContext<Y.Doc | null>(null);
