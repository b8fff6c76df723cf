import type { Shown } from "../document/view";
import type { LayoutJob } from "./layout";
import { partsOf, type Look } from "./toFlow";

/** What must be arranged, with the sizes that it is drawn in. */
export function layoutJob(shown: Shown, look: Look): LayoutJob {
  const parts = partsOf(shown.nodes, look);
  return {
    nodes: [...parts.values()].map(({ key, parent, loop, size }) => ({ id: key, parent, loop, ...size })),
    edges: shown.edges.map(({ value: { source, target } }) => ({ source, target })),
  };
}
