/** Positions for nodes that the document gives none: a workflow written by hand, or changed by a program. */
import { useEffect, useMemo, useState } from "react";
import type { NodeId, Position } from "../api/types";
import type { Shown } from "../document/view";
import { arrange } from "./arrange";
import { useKeptPlaces } from "./ghosts";
import { layoutJob } from "./layoutJob";
import type { Look } from "./toFlow";

type Placed = ReadonlyMap<NodeId, Position>;
const NONE: Placed = new Map();

/** Null until they are known. */
export function usePlaced(shown: Shown, look: Omit<Look, "placed">): Placed | null {
  const kept = useKeptPlaces(({ places }) => places);
  const missing = shown.nodes.filter(({ key, value }) => !value.position && !kept.has(key)).map(({ key }) => key);
  const wanted = missing.join("\n");
  const [placed, setPlaced] = useState<{ wanted: string; density: string; positions: Placed }>();
  const { density } = look;
  const fresh = wanted === "" || (placed?.wanted === wanted && placed.density === density);
  useEffect(() => {
    if (fresh) return;
    let left = false;
    void arrange(layoutJob(shown, { ...look, placed: NONE })).then((layout) => {
      if (!left) setPlaced({ wanted, density, positions: besideOthers(shown, wanted.split("\n"), layout) });
    });
    return () => {
      left = true;
    };
  }, [fresh, wanted, density, shown, look]);
  const positions = wanted === "" ? NONE : placed?.positions;
  return useMemo(() => (positions ? new Map([...positions, ...kept]) : null), [positions, kept]);
}

/** When others stand somewhere already, the new ones keep their distance to the first of these. */
function besideOthers(shown: Shown, missing: readonly NodeId[], layout: Readonly<Record<NodeId, Position>>): Placed {
  const anchor = shown.nodes.find(({ key, value }) => value.position && layout[key] && !value.parent);
  const from = anchor && layout[anchor.key];
  const to = anchor?.value.position;
  const by = from && to ? { x: to.x - from.x, y: to.y - from.y } : { x: 0, y: 0 };
  const inLoop = new Set(shown.nodes.filter(({ value }) => value.parent).map(({ key }) => key));
  return new Map(
    missing.flatMap((id) => {
      const at = layout[id];
      if (!at) return [];
      return [[id, inLoop.has(id) ? at : { x: at.x + by.x, y: at.y + by.y }]];
    }),
  );
}
