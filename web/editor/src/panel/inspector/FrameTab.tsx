/** What went into a node, or came out, at the moment that is shown. */
import { FixButton } from "../../ai/FixButton";
import type { ExecutionFrame, WorkflowNode } from "../../api/types";
import { numberText } from "../../lib/exact";
import { isRecord, writeJson } from "../../lib/schema";
import { duration } from "../../lib/words";
import { FrameValue, outputName } from "../../run/FrameValue";
import { StatusDot } from "../../ui/StatusDot";
import type { Seen } from "../runView";

interface FrameTabProps {
  side: "input" | "output";
  seen: Seen;
  frame: ExecutionFrame | null;
  node: WorkflowNode;
}

export function FrameTab({ side, seen, frame, node }: FrameTabProps) {
  return (
    <>
      {side === "output" && node.pinned !== undefined && node.pinned !== null && <Pinned node={node} />}
      {seen.kind === "none" && <p className="panel-empty">It has not run yet at this moment.</p>}
      {seen.kind === "loading" && <p className="panel-empty">Reading…</p>}
      {frame && (
        <>
          <FrameLine frame={frame} />
          {side === "output" && frame.error && <FailureView frame={frame} />}
          {side === "output" && frame.status === "FAILED" && (
            <FixButton className="button-plain" failed={{ run: frame.run, frame: frame.openedSeq }} />
          )}
          {(side === "input" || frame.status === "COMPLETED") && <Value frame={frame} side={side} />}
          {side === "output" && <Logs frame={frame} />}
        </>
      )}
    </>
  );
}

/** All of it, however large: what was cut is read in slices. */
function Value({ frame, side }: { frame: ExecutionFrame; side: "input" | "output" }) {
  const base = side === "input" ? "input" : outputName(frame.nodeId);
  return (
    <FrameValue
      key={`${frame.openedSeq} ${side}`}
      run={frame.run}
      frame={frame.openedSeq}
      side={side}
      value={frame[side]}
      number={numberText(frame, side)}
      base={base}
      label={side === "input" ? "Input" : "Output"}
    />
  );
}

function FrameLine({ frame: { status, attempt, metrics, openedSeq, closedSeq, memo } }: { frame: ExecutionFrame }) {
  return (
    <p className="frame-line">
      <StatusDot status={status} named />
      {closedSeq !== null && <span>{duration(metrics.durationMs)}</span>}
      {attempt > 1 && <span>attempt {attempt}</span>}
      {memo && <span>from an equal earlier result</span>}
      <span className="frame-seq">#{openedSeq}</span>
    </p>
  );
}

function FailureView({ frame: { error } }: { frame: ExecutionFrame }) {
  return (
    <div className="failure" role="note" aria-label="Why it failed">
      <p>
        <code>{error?.kind}</code> {error?.message}
      </p>
      {error?.hint && <p className="field-hint">{error.hint}</p>}
      {error?.details !== undefined && error.details !== null && <PlainValue value={error.details} />}
    </div>
  );
}

/** A value, or as much of it as was sent. */
function PlainValue({ value }: { value: ExecutionFrame["input"] }) {
  const cut = isRecord(value) && isRecord(value["$preview"]) ? value["$preview"] : null;
  return (
    <pre className="value" tabIndex={0}>
      {cut ? `${String(cut["text"])}…` : writeJson(value)}
    </pre>
  );
}

function Logs({ frame: { logs } }: { frame: ExecutionFrame }) {
  if (logs.length === 0) return null;
  return (
    <section aria-label="Log">
      <h3 className="panel-subhead">Log</h3>
      <ul className="logs">
        {logs.map(({ level, text }, at) => (
          <li key={at} data-level={level}>
            <span className="log-level">{level}</span> {text}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Pinned({ node }: { node: WorkflowNode }) {
  return (
    <section aria-label="Pinned output">
      <h3 className="panel-subhead">Pinned: runs give this without running the node</h3>
      <PlainValue value={node.pinned ?? null} />
    </section>
  );
}
