/** The moment and the frame that are seen, told to the others in the room; and those of whom this person follows. */
import { useEffect } from "react";
import type { RunId } from "../api/types";
import type { Looked } from "../collab/peer";
import { usePeople } from "../collab/people";
import { isOpen } from "./frameTable";
import { currentFrame } from "./moves";
import { goTo, lookAt, useRun } from "./runStore";
import { frameAt } from "./stops";

export function useCompanyHere(runId: RunId): void {
  useTellMoment();
  useFollowedMoment(runId);
}

function useTellMoment(): void {
  const company = usePeople((people) => people.company);
  // The end of a run that goes on is no moment of its own.
  const seq = useRun(({ watched, isFollowing, seq }) =>
    watched && !(isFollowing && isOpen(watched.timeline.table.runStatus)) ? seq : undefined,
  );
  const frame = useRun(({ watched, seq, node }) =>
    watched ? frameAt(watched.timeline.table, watched.timeline.stops, seq, node) : -1,
  );
  useEffect(() => {
    const table = useRun.getState().watched?.timeline.table;
    const [opened, node] = [table?.opened[frame], table?.node[frame]];
    company?.see({
      ...(seq !== undefined && { seq }),
      ...(opened !== undefined && node !== undefined && { frame: { opened, node } }),
    });
  }, [company, seq, frame]);
  useEffect(() => () => company?.see({}), [company]);
}

/** The address says it, too, but later. */
function useFollowedMoment(runId: RunId): void {
  const place = usePeople(({ people, following }) => people.find(({ client }) => client === following)?.place);
  const isReady = useRun(({ watched, run }) => watched !== null && run === runId);
  const isHere = place?.run === runId && isReady;
  const { seq, frame } = place ?? {};
  useEffect(() => {
    if (!isHere) return;
    goTo(seq ?? Infinity);
    if (frame) see(frame);
  }, [isHere, seq, frame]);
}

/** At one moment several frames can be seen: that of the moment, and the latest of each node. */
function see({ opened, node }: Looked): void {
  const table = useRun.getState().watched?.timeline.table;
  lookAt(null);
  if (table?.opened[currentFrame()] !== opened) lookAt(node);
}
