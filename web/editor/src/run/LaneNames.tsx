/** The names beside the lanes, and the handles by which loops open and fold. */
import { ChevronDown, ChevronRight } from "lucide-react";
import type { NodeId, Seq } from "../api/types";
import { LANE, RULER } from "./draw";
import type { PlaceIndex } from "./frameTable";
import { type Lane, laneName, laneNodes } from "./lanes";
import type { NodeStatuses } from "./nodeStatuses";
import { useRun } from "./runStore";
import type { Timeline } from "./timeline";

interface Props {
  timeline: Timeline;
  statuses: NodeStatuses;
  nameOf: (node: NodeId) => string;
  scroll: number;
  onFold: () => void;
}

export function LaneNames({ timeline, statuses, nameOf, scroll, onFold }: Props) {
  const seq = useRun((run) => run.seq);
  return (
    <div className="run-names">
      <div className="run-names-head" style={{ height: RULER }} />
      <ul style={{ transform: `translateY(${-scroll}px)` }} aria-label="Lanes">
        {timeline.lanes.map((lane) => (
          <li key={lane.key} style={{ height: LANE, paddingLeft: 10 + lane.depth * 12 }}>
            <span className="truncate" title={laneNodes(timeline.table, lane, nameOf)}>
              {laneName(timeline.table, lane, nameOf)}
            </span>
            {lane.loops.map((loop) => (
              <LoopHandle key={loop} {...{ timeline, statuses, nameOf, loop, seq, onFold, lane }} />
            ))}
          </li>
        ))}
      </ul>
    </div>
  );
}

function LoopHandle(props: Omit<Props, "scroll"> & { loop: PlaceIndex; seq: Seq; lane: Lane }) {
  const { timeline, statuses, nameOf, loop, onFold } = props;
  const isOpen = timeline.isOpen(loop);
  const progress = statuses.cursor.progressOf(loop);
  const Arrow = isOpen ? ChevronDown : ChevronRight;
  const rounds = progress ? `${progress.begun}/${progress.known}` : "";
  return (
    <button
      type="button"
      className="run-fold"
      aria-expanded={isOpen}
      aria-label={`${isOpen ? "Fold" : "Open"} ${nameOf(timeline.table.placeAt(loop).node)} ${rounds}`.trim()}
      onClick={() => {
        timeline.toggle(loop);
        onFold();
      }}
    >
      <Arrow size={12} aria-hidden />
      {rounds && <span>{rounds}</span>}
    </button>
  );
}
