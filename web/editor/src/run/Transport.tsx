/** The controls that move the moment, and what part of the run is in view. */
import {
  ChevronFirst,
  ChevronLast,
  ChevronLeft,
  ChevronRight,
  List,
  Maximize2,
  Pause,
  Play,
  SkipBack,
  SkipForward,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import type { ReactNode } from "react";
import type { NodeId } from "../api/types";
import { duration } from "../lib/words";
import { SPEEDS, step, stepFailure, toEnd, togglePlay, toStart } from "./moves";
import { setAxis, setSpeed, setView, useRun } from "./runStore";
import { type Axis, zoom } from "./scale";
import { frameAt } from "./stops";
import type { Timeline } from "./timeline";

interface Props {
  timeline: Timeline;
  nameOf: (node: NodeId) => string;
  isList: boolean;
  onList: () => void;
}

export function Transport({ timeline, nameOf, isList, onList }: Props) {
  const { isPlaying, seq, node, axis } = useRun();
  const { table, stops } = timeline;
  const frame = frameAt(table, stops, seq, node);
  return (
    <div className="run-transport" role="toolbar" aria-label="Moment">
      <Tool label="To the start" keys="Home" act={toStart} icon={<ChevronFirst size={15} />} />
      <Tool label="One frame back" keys="←" act={() => step(-1)} icon={<ChevronLeft size={15} />} />
      <Tool
        label={isPlaying ? "Pause" : "Play"}
        keys="Space"
        act={togglePlay}
        icon={isPlaying ? <Pause size={14} /> : <Play size={14} />}
      />
      <Tool label="One frame on" keys="→" act={() => step(1)} icon={<ChevronRight size={15} />} />
      <Tool label="To the end" keys="End" act={toEnd} icon={<ChevronLast size={15} />} />
      <Speed />
      {stops.failures.length > 0 && (
        <span className="run-failures">
          <Tool label="Previous failure" keys="[" act={() => stepFailure(-1)} icon={<SkipBack size={13} />} />
          <Tool label="Next failure" keys="]" act={() => stepFailure(1)} icon={<SkipForward size={13} />} />
        </span>
      )}
      <span className="run-moment">
        <b>{seq}</b> of {table.lastSeq}
        <span> · {duration(timeline.seqToAxis("time", seq))}</span>
        {frame >= 0 && <span className="run-moment-node"> · {nameOf(timeline.nodeOf(frame))}</span>}
      </span>
      <span className="run-zoom">
        <AxisChoice axis={axis} />
        <Zoom timeline={timeline} />
        <Tool label="Frames as a list" act={onList} isPressed={isList} icon={<List size={14} />} />
      </span>
    </div>
  );
}

function Speed() {
  const speed = useRun((run) => run.speed);
  return (
    <select
      className="run-speed"
      aria-label="Speed"
      title="Speed"
      value={speed}
      onChange={(event) => setSpeed(Number(event.target.value))}
    >
      {SPEEDS.map((each) => (
        <option key={each} value={each}>
          {each}×
        </option>
      ))}
    </select>
  );
}

const AXES: [Axis, string, string][] = [
  ["seq", "Events", "Every event is as wide as any other"],
  ["time", "Time", "As wide as it took long"],
];

function AxisChoice({ axis }: { axis: Axis }) {
  return (
    <span className="run-axis" role="group" aria-label="Scale">
      {AXES.map(([each, name, about]) => (
        <button
          key={each}
          type="button"
          className="mini words"
          title={about}
          aria-pressed={axis === each}
          onClick={() => setAxis(each)}
        >
          {name}
        </button>
      ))}
    </span>
  );
}

function Zoom({ timeline }: { timeline: Timeline }) {
  const { axis, seq, view } = useRun();
  const full = timeline.full(axis);
  const by = (factor: number) => () => {
    const next = zoom(view ?? full, full, axis, factor, timeline.seqToAxis(axis, seq));
    setView(next.from <= full.from && next.to >= full.to ? null : next);
  };
  return (
    <>
      <Tool label="Zoom in" act={by(0.5)} icon={<ZoomIn size={14} />} />
      <Tool label="Zoom out" act={by(2)} isDisabled={view === null} icon={<ZoomOut size={14} />} />
      <Tool label="Show all" act={() => setView(null)} isDisabled={view === null} icon={<Maximize2 size={13} />} />
    </>
  );
}

interface ToolProps {
  label: string;
  keys?: string;
  icon: ReactNode;
  isPressed?: boolean;
  isDisabled?: boolean;
  act: () => void;
}

function Tool({ label, keys, icon, isPressed, isDisabled, act }: ToolProps) {
  return (
    <button
      type="button"
      className="mini"
      aria-label={label}
      title={keys ? `${label} (${keys})` : label}
      disabled={isDisabled}
      {...(isPressed !== undefined && { "aria-pressed": isPressed })}
      onClick={act}
    >
      {icon}
    </button>
  );
}
