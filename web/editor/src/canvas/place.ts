/** Where a new node goes when nobody pointed at a place. */
import type { Position } from "../api/types";
import { GRID, type Size } from "./size";

export interface Box extends Position, Size {}

const GAP = 96;
const STEP = 16;
const TRIES_MAX = 400;
const FAR = 1e6;

/** Right of a node, on one level with it. */
export const rightOf = (box: Box): Position => ({ x: box.x + box.width + GAP, y: box.y });

/** The nearest free place at or below the wanted one. */
export function freePlace(wanted: Position, size: Size, others: readonly Box[]): Position {
  const at = { x: snap(wanted.x), y: snap(wanted.y) };
  for (
    let n = 0;
    n < TRIES_MAX && others.some((other) => touches({ ...at, width: size.width, height: size.height }, other));
    n++
  )
    at.y += STEP;
  return at;
}

function touches(a: Box, b: Box): boolean {
  return (
    a.x < b.x + b.width + STEP &&
    b.x < a.x + a.width + STEP &&
    a.y < b.y + b.height + STEP &&
    b.y < a.y + a.height + STEP
  );
}

/** The box that lies nearest in a direction, by the middles; sideways counts double. */
export function nearestIn<T extends Box>(from: Box, others: readonly T[], dx: number, dy: number): T | null {
  let best: T | null = null;
  let least = Infinity;
  const fx = from.x + from.width / 2;
  const fy = from.y + from.height / 2;
  for (const other of others) {
    const x = other.x + other.width / 2 - fx;
    const y = other.y + other.height / 2 - fy;
    const along = x * dx + y * dy;
    if (along <= 1) continue;
    const aside = Math.abs(x * dy - y * dx);
    // What lies more to the side than ahead comes only when nothing else does.
    const cost = along + 2 * aside + (aside > 2 * along ? FAR : 0);
    if (cost < least) {
      least = cost;
      best = other;
    }
  }
  return best;
}

const snap = (n: number) => Math.round(n / GRID) * GRID;
