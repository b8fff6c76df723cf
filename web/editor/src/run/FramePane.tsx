/** The frame of the moment: what went in, what came out or went wrong, what it asked of the world, what it cost. */
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import type { ExecutionFrame, Failure, Json, NodeId, RecordedEffect, Seq, Status } from "../api/types";
import { useSharedDoc } from "../ai/host";
import { Talk } from "../collab/comments/Talk";
import { useOpenThreads } from "../collab/comments/useThreads";
import { type Part, useFramePart } from "./framePart";
import { ExplainButton } from "../ai/ExplainButton";
import { FixButton } from "../ai/FixButton";
import { numberText } from "../lib/exact";
import { counted, duration } from "../lib/words";
import { StatusDot } from "../ui/StatusDot";
import { bytes } from "../ui/json/kinds";
import { JsonView } from "../ui/json/JsonView";
import { type Absence, absenceOf, skipOf } from "./absence";
import { FrameValue, outputName } from "./FrameValue";
import { isOpen } from "./frameTable";
import { showFrame } from "./moves";
import { useRun, type Watched } from "./runStore";
import { useFrameAt } from "./useFrame";
import { useWordsOf } from "./words";

interface Props {
  watched: Watched;
  nameOf: (node: NodeId) => string;
  onNode: (node: NodeId) => void;
}

export function FramePane({ watched, nameOf, onNode }: Props) {
  const seen = useFrameAt(watched);
  if (seen.kind === "none") return <Absent watched={watched} nameOf={nameOf} />;
  if (seen.kind === "failed") return <p className="run-empty text-failed">{seen.error.message}</p>;
  const { table } = watched.timeline;
  const node = table.node[seen.frame] as NodeId;
  const frame = seen.kind === "frame" ? asAt(seen.shown, seen.status) : null;
  return (
    <section className="run-frame" aria-label={`Frame of ${nameOf(node)}`} aria-busy={!frame}>
      <header className="run-frame-head">
        <StatusDot status={seen.status} />
        <button type="button" className="run-frame-node" title="Show it on the canvas" onClick={() => onNode(node)}>
          {nameOf(node)}
        </button>
        <span className="run-frame-facts">{frame ? whereOf(frame, nameOf) : "reading…"}</span>
        {frame && (
          <ExplainButton about={{ kind: "frame", run: frame.run, frame: frame.openedSeq, node: frame.nodeId }} />
        )}
        {frame?.status === "FAILED" && (
          <FixButton className="mini words" failed={{ run: frame.run, frame: frame.openedSeq }} />
        )}
      </header>
      {seen.status === "SKIPPED" && <Why absence={skipOf({ table, workflow: watched.workflow, nameOf }, seen.frame)} />}
      {frame && <Parts frame={frame} />}
    </section>
  );
}

function Absent({ watched, nameOf }: Omit<Props, "onNode">) {
  const { node, seq } = useRun();
  const { workflow, timeline } = watched;
  if (node === null) return <p className="run-empty">Nothing had run yet at this moment.</p>;
  return <Why absence={absenceOf({ table: timeline.table, workflow, node, nameOf }, seq)} />;
}

function Why({ absence: { text, show } }: { absence: Absence }) {
  return (
    <div className="run-why">
      <p>{text}</p>
      {show && (
        <button type="button" className="button" onClick={() => showFrame(show.frame)}>
          {show.label}
        </button>
      )}
    </div>
  );
}

/** A frame that was still open then had given nothing yet, whatever it gave later. */
export function asAt(shown: ExecutionFrame, status: Status): ExecutionFrame {
  if (!isOpen(status)) return shown;
  return { ...shown, status, output: null, error: null, logs: [], closedSeq: null };
}

function whereOf(
  { path, attempt, openedSeq, closedSeq, metrics, memo }: ExecutionFrame,
  nameOf: Props["nameOf"],
): string {
  const inside = path.map((step) => (typeof step === "number" ? `[${step}]` : nameOf(step))).join(" ");
  return [
    inside,
    attempt > 1 && `attempt ${attempt}`,
    closedSeq === null ? "open" : duration(metrics.durationMs),
    memo && "answered from an equal frame",
    `events ${openedSeq}–${closedSeq ?? ""}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function Parts({ frame }: { frame: ExecutionFrame }) {
  const kept = useFramePart(({ part }) => part);
  const isShared = useSharedDoc() !== null;
  const about = { run: frame.run, frame: frame.openedSeq };
  const said = useOpenThreads(about);
  const parts: [Part, string, ReactNode][] = [
    ["input", "Input", <Input key="input" frame={frame} />],
    ["output", frame.error ? "Error" : "Output", <Output key="output" frame={frame} />],
    ["effects", named("Effects", frame.effects.length), <Effects key="effects" frame={frame} />],
    ["logs", named("Logs", frame.logs.length), <Logs key="logs" frame={frame} />],
    ["about", "About", <About key="about" frame={frame} />],
  ];
  if (isShared) parts.push(["comments", named("Comments", said), <Talk key="comments" about={about} />]);
  const chosen = parts.some(([part]) => part === kept) ? kept : "output";
  return (
    <Tabs.Root
      value={chosen}
      onValueChange={(part) => useFramePart.setState({ part: part as Part })}
      className="run-parts"
    >
      <Tabs.List className="run-tabs" aria-label="Parts of the frame">
        {parts.map(([part, name]) => (
          <Tabs.Trigger
            key={part}
            value={part}
            className="run-tab"
            data-alarm={(part === "output" && frame.error !== null) || undefined}
          >
            {name}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {parts.map(([part, , content]) => (
        <Tabs.Content key={part} value={part} className="run-part">
          {content}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}

const named = (name: string, count: number) => (count > 0 ? `${name} ${count}` : name);

function Input({ frame }: { frame: ExecutionFrame }) {
  return (
    <FrameValue
      run={frame.run}
      frame={frame.openedSeq}
      side="input"
      value={frame.input}
      number={numberText(frame, "input")}
      base="input"
      label="Input"
    />
  );
}

function Output({ frame }: { frame: ExecutionFrame }) {
  if (frame.error) return <Wrong frame={frame} error={frame.error} />;
  if (frame.closedSeq === null) return <NotYet frame={frame.openedSeq} />;
  if (frame.status === "SKIPPED") return <p className="run-empty">It was passed over, so there is none.</p>;
  const base = outputName(frame.nodeId);
  return (
    <FrameValue
      run={frame.run}
      frame={frame.openedSeq}
      side="output"
      value={frame.output}
      number={numberText(frame, "output")}
      base={base}
      label="Output"
    />
  );
}

/** A model may be answering: its words are shown as they come. */
function NotYet({ frame }: { frame: Seq }) {
  const words = useWordsOf(frame);
  if (words === null) return <p className="run-empty">It had not given anything yet at this moment.</p>;
  return (
    <p className="run-words" aria-label="What the model is saying" aria-busy>
      {words}
    </p>
  );
}

function Wrong({ frame, error }: { frame: ExecutionFrame; error: Failure }) {
  return (
    <div className="run-error">
      <p>
        <b className="text-failed">{error.message}</b>
      </p>
      <p className="text-ink-soft">
        <code>{error.kind}</code>
        {placeText(error) && <> in {placeText(error)}</>}
      </p>
      {error.hint && <p className="run-hint">{error.hint}</p>}
      {error.details !== undefined && error.details !== null && (
        <JsonView value={error.details as Json} base={`nodes["${frame.nodeId}"].error.details`} label="Details" />
      )}
    </div>
  );
}

function placeText({ place }: Failure): string {
  if (!place) return "";
  const param = place.param?.replace(/^\//, "");
  const line = place.line ? `line ${place.line}${place.column ? `, column ${place.column}` : ""}` : "";
  return [place.node, param, place.edge, place.field, line].filter(Boolean).join(", ");
}

function Effects({ frame }: { frame: ExecutionFrame }) {
  if (frame.effects.length === 0) return <p className="run-empty">It asked nothing of the world.</p>;
  return (
    <ul className="run-effects">
      {frame.effects.map((effect) => (
        <Effect key={effect.ordinal} frame={frame} effect={effect} />
      ))}
    </ul>
  );
}

function Effect({ frame, effect }: { frame: ExecutionFrame; effect: RecordedEffect }) {
  const { ordinal, kind, request, outcome, tookMs, idempotent } = effect;
  const base = `nodes["${frame.nodeId}"].effects[${ordinal}]`;
  // `{"ok": value}` or `{"error": failure}`; the value is what a person wants to see.
  const [[side, answer] = ["ok", null]] = Object.entries((outcome ?? {}) as Record<string, Json>);
  return (
    <li>
      <h4>
        <code>{kind}</code> {tookMs === null ? "no answer yet" : duration(tookMs)}
        {idempotent && <span title="Doing it twice does no more than doing it once"> · idempotent</span>}
      </h4>
      <JsonView value={request} base={`${base}.request`} label={`Request ${ordinal + 1}`} />
      {tookMs !== null && (
        <FrameValue
          run={frame.run}
          frame={frame.openedSeq}
          side="effect"
          ordinal={ordinal}
          within={`/outcome/${side}`}
          value={answer}
          base={`${base}.outcome.${side}`}
          label={side === "ok" ? `Outcome ${ordinal + 1}` : `Error ${ordinal + 1}`}
        />
      )}
    </li>
  );
}

function Logs({ frame }: { frame: ExecutionFrame }) {
  if (frame.logs.length === 0) return <p className="run-empty">It wrote nothing.</p>;
  return (
    <ol className="run-logs">
      {frame.logs.map(({ level, text }, at) => (
        <li key={at} data-level={level}>
          <span>{level}</span> {text}
        </li>
      ))}
    </ol>
  );
}

function About({ frame }: { frame: ExecutionFrame }) {
  const { metrics } = frame;
  const facts: [string, string][] = [
    ["Node", `${frame.nodeId} (${frame.nodeType})`],
    ["Started", new Date(frame.timestamp).toLocaleString()],
    ["Took", `${duration(metrics.durationMs)}, after ${duration(metrics.queuedMs)} in the queue`],
    ["Memory", metrics.memoryUsage > 0 ? bytes(metrics.memoryUsage) : "none of its own"],
    ["Script", counted(metrics.operations, "operation")],
    ["Frame", frame.id],
    ["Workflow version", frame.workflowVersion],
    ["Code", frame.codeHash],
  ];
  return (
    <dl className="run-about">
      {facts.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
