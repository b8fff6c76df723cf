/** How large things are drawn. Known before anything is drawn, so that no node must be measured first. */
import type { Density } from "./settings";

export interface Size {
  width: number;
  height: number;
}

/** Positions snap to this. */
export const GRID = 8;
/** The farthest that the view goes away. */
export const ZOOM_MIN = 0.05;
/** Between two ports on one side. */
const PORT_GAP = 22;
export const LOOP_HEAD = 44;
export const LOOP_PAD = 24;
export const LOOP_MIN: Size = { width: 280, height: 168 };

const BASE: Record<Density, Size> = {
  compact: { width: 168, height: 34 },
  normal: { width: 216, height: 56 },
  detailed: { width: 264, height: 56 },
};
const PARAM_LINE = 19;
/** Parameters shown on a node in the detailed density. */
export const PARAM_LINES = 4;

export function nodeSize(density: Density, ports: number, params: number): Size {
  const { width } = BASE[density];
  const lines = density === "detailed" ? Math.min(params, PARAM_LINES) : 0;
  return { width, height: headHeight(density, ports) + (lines > 0 ? lines * PARAM_LINE + 10 : 0) };
}

/** The part of a node that holds its title and, at its sides, the ports. */
export function headHeight(density: Density, ports: number): number {
  return Math.max(BASE[density].height, ports > 1 ? ports * PORT_GAP + 12 : 0);
}

/** Where the ports of one side stand, from the top. A single one is level with the title. */
export function portOffset(at: number, count: number, height: number): number {
  return count === 1 ? height / 2 : height / 2 + (at - (count - 1) / 2) * PORT_GAP;
}
