/** Lines that a dragged box snaps to: the edges and middles of the boxes around it. */
import type { Position } from "../api/types";
import type { Box } from "./place";

export interface SnapLine {
  /** `x`: an upright line at that x; `y`: a level one. */
  axis: "x" | "y";
  at: number;
  from: number;
  to: number;
}

interface Snapped extends Position {
  lines: SnapLine[];
}

/** How near, in canvas pixels, an edge must come. */
const SNAP_NEAR = 5;

export function snap(box: Box, others: readonly Box[], near = SNAP_NEAR): Snapped {
  const x = best(stops(box.x, box.width), others, (other) => stops(other.x, other.width), near);
  const y = best(stops(box.y, box.height), others, (other) => stops(other.y, other.height), near);
  const moved = { ...box, x: box.x + (x?.by ?? 0), y: box.y + (y?.by ?? 0) };
  const lines: SnapLine[] = [];
  if (x) {
    const ends = [moved.y, moved.y + box.height, x.other.y, x.other.y + x.other.height];
    lines.push({ axis: "x", at: x.at, from: Math.min(...ends), to: Math.max(...ends) });
  }
  if (y) {
    const ends = [moved.x, moved.x + box.width, y.other.x, y.other.x + y.other.width];
    lines.push({ axis: "y", at: y.at, from: Math.min(...ends), to: Math.max(...ends) });
  }
  return { x: moved.x, y: moved.y, lines };
}

const stops = (start: number, length: number) => [start, start + length / 2, start + length];

interface Best {
  by: number;
  at: number;
  other: Box;
}

function best(mine: number[], others: readonly Box[], theirs: (other: Box) => number[], near: number): Best | null {
  let found: Best | null = null;
  for (const other of others) {
    for (const stop of theirs(other)) {
      for (const own of mine) {
        const by = stop - own;
        if (Math.abs(by) <= near && (!found || Math.abs(by) < Math.abs(found.by))) found = { by, at: stop, other };
      }
    }
  }
  return found;
}
