/** Two runs side by side: which frames differ, and in what. The difference itself is computed by the service. */
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight, X } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import type { FrameChange, FrameRef, Json, NodeId, RunId, ValueChange } from "../api/types";
import { changedOf } from "../lib/exact";
import { counted, oneLine } from "../lib/words";
import { StatusDot } from "../ui/StatusDot";
import { useRows } from "../ui/useRows";
import { compareWith } from "./actions";
import { getDiff, type RunDifference, type WorkflowDifference } from "./api";
import { ExplainButton } from "../ai/ExplainButton";
import { areTwoVersions, CausedBy, WhoChanged } from "../history/WhoChanged";
import { ChangeList } from "./ChangeList";
import { clearDiff, showDiff } from "./diffStore";
import { showOpened } from "./moves";
import { short } from "./RunHeader";

interface Props {
  run: RunId;
  other: RunId;
  nameOf: (node: NodeId) => string;
}

/** What has changed from the other run to the shown one: what is only here was added. */
export function DiffPane({ run, other, nameOf }: Props) {
  const { data, error } = useQuery({
    queryKey: ["diff", run, other],
    queryFn: () => getDiff(other, run),
    // Mixed from an old and a new answer, values would lose how their numbers were written.
    structuralSharing: false,
  });
  useEffect(() => {
    if (data) showDiff(data);
    return clearDiff;
  }, [data]);
  return (
    <section className="run-frame" aria-label="Difference of two runs" aria-busy={!data && !error}>
      <header className="run-frame-head">
        <b>This run</b> against {short(other)}
        <span className="run-frame-facts">{data && summaryOf(data)}</span>
        <ExplainButton about={{ kind: "comparison", a: other, b: run }} />
        <button type="button" className="mini" aria-label="Close the comparison" onClick={() => compareWith(null)}>
          <X size={14} />
        </button>
      </header>
      {error && <p className="run-empty text-failed">{error.message}</p>}
      {data && <Difference data={data} nameOf={nameOf} />}
    </section>
  );
}

function summaryOf({ identical, same, changed, onlyInA, onlyInB }: RunDifference): string {
  if (identical) return "identical";
  const parts = [
    [changed.length, "differ"],
    [onlyInB.length, "only here"],
    [onlyInA.length, "only there"],
    [same, "the same"],
  ] as const;
  return parts.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : [])).join(", ");
}

/** One line of the list of frames. */
type Line =
  | { kind: "whole"; name: string; changes: RunDifference["input"] }
  /** Who changed the workflow from one run to the other. */
  | { kind: "who" }
  | { kind: "changed"; change: FrameChange; key: string }
  | { kind: "only"; here: boolean; frame: FrameRef; key: string };

function linesOf(data: RunDifference): Line[] {
  const wholes = [
    ["Workflow", data.workflow ? workflowChanges(data.workflow) : []],
    ["Input of the run", data.input],
    ["Output of the run", data.output],
    ["Error of the run", data.error],
  ] as const;
  const lines: Line[] = wholes.flatMap(([name, changes]) =>
    changes.length > 0 ? [{ kind: "whole", name, changes } as Line] : [],
  );
  if (areTwoVersions(data)) lines.unshift({ kind: "who" });
  const frames: [number, Line][] = [
    ...data.changed.map((change): [number, Line] => [
      change.b.openedSeq,
      { kind: "changed", change, key: change.b.id },
    ]),
    ...data.onlyInB.map((frame): [number, Line] => [
      frame.openedSeq,
      { kind: "only", here: true, frame, key: frame.id },
    ]),
    ...data.onlyInA.map((frame): [number, Line] => [
      frame.openedSeq + 0.5,
      { kind: "only", here: false, frame, key: frame.id },
    ]),
  ];
  frames.sort(([a], [b]) => a - b);
  return [...lines, ...frames.map(([, line]) => line)];
}

/** The differences of two workflows as places: nodes, then edges, then the rest. */
export function workflowChanges({ nodes, edgesAdded, edgesRemoved, rest }: WorkflowDifference): ValueChange[] {
  const place = (path: string, op: ValueChange["op"]): ValueChange => ({
    path,
    op,
    from: null,
    before: null,
    after: null,
    lines: null,
  });
  return [
    ...nodes.flatMap(({ id, op, changes }) =>
      changes.length === 0 ? [place(id, op)] : changes.map((change) => changedOf(change, { path: id + change.path })),
    ),
    ...edgesAdded.map((edge) => place(edgeText(edge), "added")),
    ...edgesRemoved.map((edge) => place(edgeText(edge), "removed")),
    ...rest,
  ];
}

function edgeText(edge: Json): string {
  if (typeof edge !== "object" || edge === null || Array.isArray(edge)) return oneLine(edge);
  return `${String(edge["source"])} → ${String(edge["target"])}`;
}

const LINE = 30;

function Difference({ data, nameOf }: { data: RunDifference; nameOf: (node: NodeId) => string }) {
  const lines = useMemo(() => linesOf(data), [data]);
  const [open, setOpen] = useState<number | null>(null);
  const { scroller, list, items } = useRows(lines.length, LINE);
  if (lines.length === 0) {
    return <p className="run-empty">All {counted(data.same, "frame")} are the same, to the last value.</p>;
  }
  return (
    <div ref={scroller} className="diff-list" role="list" aria-label="Frames that differ">
      <div role="presentation" style={{ height: list.getTotalSize(), position: "relative" }}>
        {items.map(({ index, start, key }) => (
          <div
            key={key}
            ref={list.measureElement}
            data-index={index}
            role="listitem"
            style={{ position: "absolute", top: 0, width: "100%", transform: `translateY(${start}px)` }}
          >
            <LineView
              line={lines[index] as Line}
              runs={data}
              nameOf={nameOf}
              isOpen={open === index}
              onTurn={() => setOpen(open === index ? null : index)}
            />
          </div>
        ))}
      </div>
    </div>
  );
}

interface LineProps {
  line: Line;
  runs: RunDifference;
  nameOf: (node: NodeId) => string;
  isOpen: boolean;
  onTurn: () => void;
}

function LineView({ line, runs, nameOf, isOpen, onTurn }: LineProps) {
  if (line.kind === "only") return <OnlyLine line={line} nameOf={nameOf} />;
  const Arrow = isOpen ? ChevronDown : ChevronRight;
  const turn = () => {
    onTurn();
    if (line.kind === "changed") showOpened(line.change.b.openedSeq);
  };
  return (
    <>
      <button type="button" className="diff-line" aria-expanded={isOpen} onClick={turn}>
        <Arrow size={12} aria-hidden />
        {line.kind === "changed" ? <FrameName frame={line.change.b} nameOf={nameOf} /> : <b>{nameOfLine(line)}</b>}
        <span className="diff-facts">{factsOfLine(line)}</span>
      </button>
      {isOpen && (
        <div className="diff-open">
          <Opened line={line} runs={runs} nameOf={nameOf} />
        </div>
      )}
    </>
  );
}

const nameOfLine = (line: Extract<Line, { kind: "whole" | "who" }>) =>
  line.kind === "who" ? "Who changed what" : line.name;

function factsOfLine(line: Exclude<Line, { kind: "only" }>): string {
  if (line.kind === "who") return "in the workflow";
  return line.kind === "whole" ? counted(line.changes.length, "change") : factsOf(line.change);
}

interface OpenedProps {
  line: Exclude<Line, { kind: "only" }>;
  runs: RunDifference;
  nameOf: Props["nameOf"];
}

function Opened({ line, runs: { a, b }, nameOf }: OpenedProps) {
  switch (line.kind) {
    case "who":
      return <WhoChanged a={a} b={b} nameOf={nameOf} />;
    case "whole":
      return <ChangeList changes={line.changes} />;
    case "changed":
      return (
        <>
          {areTwoVersions({ a, b }) && <CausedBy a={a} b={b} node={line.change.b.nodeId} />}
          <FrameChanges change={line.change} />
        </>
      );
  }
}

function OnlyLine({ line, nameOf }: { line: Extract<Line, { kind: "only" }>; nameOf: (node: NodeId) => string }) {
  return (
    <button
      type="button"
      className="diff-line"
      disabled={!line.here}
      onClick={() => line.here && showOpened(line.frame.openedSeq)}
    >
      <span className="diff-sign" data-mark={line.here ? "added" : "removed"} aria-hidden>
        {line.here ? "+" : "−"}
      </span>
      <FrameName frame={line.frame} nameOf={nameOf} />
      <span className="diff-facts">{line.here ? "only in this run" : "only in the other run"}</span>
    </button>
  );
}

function FrameName({ frame, nameOf }: { frame: FrameRef; nameOf: (node: NodeId) => string }) {
  const path = frame.path.map((step) => (typeof step === "number" ? `[${step}]` : nameOf(step))).join(" ");
  return (
    <span className="diff-name">
      <StatusDot status={frame.status} /> {nameOf(frame.nodeId)}
      <span className="text-ink-soft">
        {path && ` in ${path}`}
        {frame.attempt > 1 && ` attempt ${frame.attempt}`}
      </span>
    </span>
  );
}

function factsOf({ status, input, output, error, effects }: FrameChange): string {
  if (status) return `was ${status.before.toLowerCase()}`;
  const parts = { input, output, error, effects };
  const named = Object.entries(parts).flatMap(([name, changes]) => (changes.length > 0 ? [name] : []));
  const first = output[0] ?? input[0];
  return first && named.length === 1 ? `${named[0]} ${oneLine(first.path, 30)}` : named.join(", ");
}

function FrameChanges({ change }: { change: FrameChange }) {
  const parts = [
    ["Input", change.input],
    ["Output", change.output],
    ["Error", change.error],
    ["Effects", change.effects],
  ] as const;
  return parts.map(([name, changes]) =>
    changes.length > 0 ? (
      <section key={name}>
        <h4 className="field-label">{name}</h4>
        <ChangeList changes={changes} />
      </section>
    ) : null,
  );
}
