/** What a question is asked about: what is selected, and the run and frame that are shown. */
import { useMemo, useState } from "react";
import { isStepId } from "../canvas/flowTypes";
import { useSelection } from "../canvas/selection";
import { useRun } from "../run/runStore";
import { frameAt } from "../run/stops";
import type { Looking } from "./chatStore";
import type { Host } from "./host";

export const NO_LOOKING: Looking = { selection: [], run: null, frame: null };

export interface Chip {
  /** Tells it from others; what was taken away stays away until something else is looked at. */
  key: string;
  kind: "node" | "run" | "frame";
  label: string;
}

export function useLooking({ run, doc }: Host) {
  const nodes = useSelection((selection) => selection.nodes);
  const selection = useMemo(() => [...nodes].filter(isStepId), [nodes]);
  const frame = useShownFrame(run);
  const [away, setAway] = useState<ReadonlySet<string>>(new Set());
  const named = (id: string) =>
    (doc.getMap("nodes").get(id) as { get(name: string): unknown } | undefined)?.get("name");
  const chips: Chip[] = [
    ...selection.map((id): Chip => ({ key: `node ${id}`, kind: "node", label: String(named(id) ?? id) })),
    ...(run ? [{ key: `run ${run}`, kind: "run", label: `run ${run.slice(-6)}` } as const] : []),
    ...(run && frame
      ? [{ key: `frame ${run} ${frame.seq}`, kind: "frame", label: `frame of ${frame.node}` } as const]
      : []),
  ].filter(({ key }) => !away.has(key));
  const has = (key: string) => chips.some((chip) => chip.key === key);
  const looking: Looking = {
    selection: selection.filter((id) => has(`node ${id}`)),
    run: run && has(`run ${run}`) ? run : null,
    frame: run && frame && has(`run ${run}`) && has(`frame ${run} ${frame.seq}`) ? frame.seq : null,
  };
  return { chips, looking, takeAway: (key: string) => setAway(new Set([...away, key])) };
}

/** The frame that the timeline looks at. */
function useShownFrame(run: string | null) {
  const watched = useRun((state) => (state.run === run ? state.watched : null));
  const seq = useRun((state) => state.seq);
  const node = useRun((state) => state.node);
  useRun((state) => state.version);
  if (!watched) return null;
  const { table, stops } = watched.timeline;
  const at = frameAt(table, stops, seq, node);
  const opened = table.opened[at];
  return at < 0 || opened === undefined ? null : { seq: opened, node: table.node[at] as string };
}
