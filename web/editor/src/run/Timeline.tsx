/** The timeline of the shown run: one slider for the moment, lanes below it, drawn on a canvas. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { NodeId, Seq } from "../api/types";
import { SaidMarks } from "../collab/comments/SaidMarks";
import { Watchers } from "../collab/Watchers";
import { duration } from "../lib/words";
import { STATUS_WORDS } from "../ui/StatusDot";
import { useTokens } from "../ui/tokens";
import { useDiff } from "./diffStore";
import { draw, LANE, RULER, type Scene } from "./draw";
import type { FrameIndex } from "./frameTable";
import { LaneNames } from "./LaneNames";
import { pause } from "./moves";
import { goTo, lookAt, setView, useRun, type Watched } from "./runStore";
import { reveal, toX } from "./scale";
import { frameAt } from "./stops";
import { usePointer } from "./usePointer";

const NO_MARKS: ReadonlySet<number> = new Set();

export function TimelineView({ watched, nameOf }: { watched: Watched; nameOf: (node: NodeId) => string }) {
  const { seq, axis, view: chosen, isFollowing, node } = useRun();
  const { timeline } = watched;
  const tokens = useTokens();
  const marked = useDiff((diff) => diff.marks?.bySeq ?? NO_MARKS);
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [scroll, setScroll] = useState(0);
  const [, setFolds] = useState(0);
  const [hovered, setHovered] = useState<{ frame: FrameIndex; x: number; y: number } | null>(null);
  const view = chosen ?? timeline.full(axis);
  const selected = frameAt(timeline.table, timeline.stops, seq, node);
  const frameName = (at: FrameIndex) => nameOf(timeline.nodeOf(at));
  const scene: Scene = {
    timeline,
    axis,
    view,
    seq,
    isFollowing,
    selected,
    hovered: hovered?.frame ?? -1,
    marked,
    nameOf: frameName,
    scroll,
    ...size,
  };
  useSize(frame, setSize);
  useRevealed(scene, chosen !== null);
  // Every drawing of this component follows from something that is in the picture.
  useLayoutEffect(() => paint(canvas.current, scene, tokens));
  const pointer = usePointer({
    scene,
    choose(at) {
      pause();
      lookAt(null);
      goTo(at);
    },
    hover: setHovered,
    look: setView,
  });
  const bounds = { min: Math.min(1, timeline.table.lastSeq), max: timeline.table.lastSeq };
  const xOf = (at: Seq) => toX(view, size.width, timeline.seqToAxis(axis, at));
  const marks = { run: timeline.table.run, xOf, width: size.width };
  return (
    <div className="run-timeline">
      <LaneNames
        timeline={timeline}
        statuses={watched.statuses}
        nameOf={nameOf}
        scroll={scroll}
        onFold={() => setFolds((count) => count + 1)}
      />
      <div ref={frame} className="run-lanes" onScroll={(event) => setScroll(event.currentTarget.scrollTop)}>
        <div style={{ height: timeline.lanes.length * LANE + RULER }}>
          <div
            className="run-slider"
            style={{ height: size.height }}
            role="slider"
            tabIndex={0}
            aria-label="Moment of the run"
            aria-valuemin={bounds.min}
            aria-valuemax={bounds.max}
            aria-valuenow={seq}
            aria-valuetext={momentText(scene)}
            {...pointer}
          >
            <canvas ref={canvas} style={{ width: size.width, height: size.height }} />
            <SaidMarks {...marks} />
            <Watchers {...marks} seq={seq} />
          </div>
        </div>
        {hovered && <Tip scene={scene} at={hovered} />}
      </div>
    </div>
  );
}

function paint(canvas: HTMLCanvasElement | null, scene: Scene, tokens: ReturnType<typeof useTokens>): void {
  const pen = canvas?.getContext("2d");
  if (!canvas || !pen || scene.width === 0) return;
  const dots = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(scene.width * dots), Math.round(scene.height * dots)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  pen.setTransform(dots, 0, 0, dots, 0, 0);
  draw(pen, scene, tokens);
}

function useSize(of: React.RefObject<HTMLElement | null>, set: (size: { width: number; height: number }) => void) {
  useEffect(() => {
    const element = of.current;
    if (!element) return;
    const observer = new ResizeObserver(() => set({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [of, set]);
}

/** When a part of the run is in view, the part moves so that the moment stays in it. */
function useRevealed({ timeline, axis, view, seq }: Scene, isZoomed: boolean) {
  useEffect(() => {
    if (!isZoomed) return;
    const next = reveal(view, timeline.full(axis), timeline.seqToAxis(axis, seq));
    if (next !== view) setView(next);
    // Only a new moment moves the view; zooming and panning away from it is a person's right.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [seq]);
}

/** The moment in words, for those who do not see the picture. */
function momentText({ timeline, seq, selected, nameOf }: Scene): string {
  const { table } = timeline;
  const where = `Event ${seq} of ${table.lastSeq}`;
  if (selected < 0) return where;
  const attempt = table.attempt[selected] as number;
  const iteration = table.iteration[selected] as number;
  return [
    `${where}: ${nameOf(selected)}`,
    ...(iteration >= 0 ? [`iteration ${iteration + 1}`] : []),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    STATUS_WORDS[table.statusAt(selected, seq)].toLowerCase(),
  ].join(", ");
}

function Tip({ scene, at }: { scene: Scene; at: { frame: FrameIndex; x: number; y: number } }) {
  const { table } = scene.timeline;
  const closed = table.closed[at.frame] as number;
  const took = closed ? (table.closedMs[at.frame] as number) - (table.openedMs[at.frame] as number) : null;
  const iteration = table.iteration[at.frame] as number;
  const attempt = table.attempt[at.frame] as number;
  const side = at.x > scene.width / 2 ? { right: scene.width - at.x + 8 } : { left: at.x + 10 };
  const text = useMemo(
    () =>
      [
        iteration >= 0 && `iteration ${iteration + 1}`,
        attempt > 1 && `attempt ${attempt}`,
        took === null ? "open" : duration(took),
        `event ${table.opened[at.frame]}${closed ? ` to ${closed}` : ""}`,
      ]
        .filter(Boolean)
        .join(" · "),
    [iteration, attempt, took, table, at.frame, closed],
  );
  const status = table.status[at.frame] ?? "PENDING";
  return (
    <div className="run-tip" style={{ top: scene.scroll + Math.max(at.y - 46, 2), ...side }} aria-hidden>
      <span className="status-dot" data-status={status} /> <b>{scene.nameOf(at.frame)}</b> {STATUS_WORDS[status]}
      <br />
      <span className="text-ink-soft">{text}</span>
    </div>
  );
}
