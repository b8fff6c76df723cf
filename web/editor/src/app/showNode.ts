import { onScreen } from "../canvas/onScreen";

/** Selects a node and moves the canvas to it, from anywhere on the screen. */
export const showNode = (id: string) => onScreen.show(id);
