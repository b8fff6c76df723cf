/** How the shown run stands, and what can be done with it. */
import { FileDown, GitBranch, GitCompare, GitFork, History, RotateCcw, SearchCode, Square } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { FixButton } from "../ai/FixButton";
import { useMayEdit } from "../api/session";
import type { RunDetail } from "../api/types";
import { RunCompany } from "../collab/RunCompany";
import { useKeys } from "../app/keys";
import { addressOf } from "../app/router";
import { openWindow } from "../history/historyStore";
import { RunVersion } from "../history/RunVersion";
import { ago, counted, duration } from "../lib/words";
import { Link } from "../ui/Link";
import { say } from "../ui/say";
import { StatusDot } from "../ui/StatusDot";
import { comparePrevious, complain, openForkDialog, useRunPanels } from "./actions";
import { cancelRun, exportAddress, getRun, replayRun, retryRun } from "./api";
import { type FrameTable, isOpen } from "./frameTable";
import { stepFailure, toStart } from "./moves";
import { refreshDetail, useRun } from "./runStore";

const runAddress = (id: string, seq: number | null = null) =>
  addressOf({ screen: "run", id, seq, node: null, diff: null });

export function RunHeader({ detail, table }: { detail: RunDetail; table: FrameTable }) {
  const isConnected = useRun((run) => run.isConnected);
  const { stops } = useRun((run) => run.watched?.timeline) ?? { stops: { failures: [] } };
  const live = isOpen(table.runStatus);
  return (
    <header className="run-header">
      <StatusDot status={table.runStatus} named />
      <span className="run-facts">
        {detail.name && <b>{detail.name}</b>}
        <span title={detail.started}>{ago(detail.started)}</span>
        <Took detail={detail} live={live} known={table.lastMs} />
        <span>{framesOf(detail, table)}</span>
        {stops.failures.length > 0 && (
          <button type="button" className="text-failed underline" title="Show the first failure" onClick={firstFailure}>
            {stops.failures.length} failed
          </button>
        )}
        {detail.mode === "dry" && (
          <span className="run-chip" title="Effects were answered from recordings">
            dry
          </span>
        )}
        {detail.forkOf && (
          <span>
            fork of <Link href={runAddress(detail.forkOf.run, detail.forkOf.at)}>{short(detail.forkOf.run)}</Link> at{" "}
            {detail.forkOf.at}
          </span>
        )}
        {live && !isConnected && <span className="text-waiting">connection lost, trying again…</span>}
      </span>
      <RunVersion detail={detail} />
      <RunCompany run={detail.run} />
      <Tools detail={detail} live={live} hasFailed={stops.failures.length > 0} />
    </header>
  );
}

const TICK_MS = 1000;

/** The time of the run itself; that of one that goes on or waits moves, also while nothing is recorded. */
function Took({ detail, live, known }: { detail: RunDetail; live: boolean; known: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [live]);
  const since = now - Date.parse(detail.started);
  const ms = live ? (detail.forkOf ? since : Math.max(since, known)) : (detail.durationMs ?? known);
  return <span>{duration(Math.max(ms, 0))}</span>;
}

/** A fork shares frames with the run it comes from. */
function framesOf({ forkOf, frames }: RunDetail, table: FrameTable): string {
  const all = counted(table.length, "frame");
  return forkOf && frames < table.length ? `${all}, ${frames} of them new` : all;
}

function firstFailure() {
  toStart();
  stepFailure(1);
}

export const short = (run: string) => run.slice(-6);

function Tools({ detail, live, hasFailed }: { detail: RunDetail; live: boolean; hasFailed: boolean }) {
  const { comparedWith, isForksShown } = useRunPanels();
  const mayEdit = useMayEdit();
  const { run } = detail;
  const steer = (act: () => Promise<unknown>, done: string) => async () => {
    try {
      await act();
      say(done);
      await refreshDetail(run);
    } catch (error) {
      complain(error);
    }
  };
  const canRetry =
    mayEdit && (detail.status === "INTERRUPTED" || detail.waits.some((wait) => wait.reason !== "signal"));
  return (
    <div className="run-tools" role="toolbar" aria-label="Run">
      {live && mayEdit && (
        <Tool icon={<Square size={13} />} label="Cancel" act={steer(() => cancelRun(run), "Cancelling")} />
      )}
      {canRetry && (
        <Tool icon={<RotateCcw size={13} />} label="Retry" act={steer(() => retryRun(run), "Trying again")} />
      )}
      {hasFailed && <FixButton className="mini words run-fix" failed={{ run, frame: null }} />}
      {!live && mayEdit && <Replay run={run} />}
      {mayEdit && <Tool icon={<GitFork size={13} />} label="Fork" title="Fork here (F)" act={openForkDialog} />}
      <Tool
        icon={<GitCompare size={13} />}
        label="Compare"
        title="Compare with the run before it, or the one it came from (C)"
        isPressed={comparedWith !== null}
        act={() => void comparePrevious()}
      />
      <Tool
        icon={<GitBranch size={13} />}
        label={detail.forks ? `Forks ${detail.forks}` : "Forks"}
        isPressed={isForksShown}
        act={() => useRunPanels.setState({ isForksShown: !isForksShown })}
      />
      {mayEdit && (hasFailed || comparedWith !== null) && <BisectTool detail={detail} comparedWith={comparedWith} />}
      <a className="mini words" href={exportAddress(run)} download title="Export the run as a file">
        <FileDown size={13} aria-hidden />
        <span className="mini-label">Export</span>
      </a>
    </div>
  );
}

/** From a run that failed, or came out differently, to the edit that made it so. */
function BisectTool({ detail: { run }, comparedWith }: { detail: RunDetail; comparedWith: string | null }) {
  const find = async () => {
    const other = comparedWith === null ? null : await getRun(comparedWith).catch(() => null);
    openWindow({ kind: "bisect", run, good: other?.workflow.hash ?? null });
  };
  useKeys({ bisect: () => void find() });
  return (
    <Tool
      icon={<SearchCode size={13} />}
      label="Find the edit"
      title="Find the edit that broke it…"
      act={() => void find()}
    />
  );
}

/** Runs the recorded events through the engine again, and says whether the same came out. */
function Replay({ run }: { run: string }) {
  const [isBusy, setBusy] = useState(false);
  const replay = async () => {
    setBusy(true);
    try {
      const { identical, frames, effectsPerformed } = await replayRun(run);
      const result = identical ? "Identical" : "It came out differently";
      say(`${result}: ${counted(frames, "frame")}, ${counted(effectsPerformed, "effect")} performed`);
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  return <Tool icon={<History size={13} />} label="Replay" isDisabled={isBusy} act={() => void replay()} />;
}

interface ToolProps {
  icon: ReactNode;
  label: string;
  title?: string;
  isPressed?: boolean;
  isDisabled?: boolean;
  act: () => void;
}

function Tool({ icon, label, title, isPressed, isDisabled, act }: ToolProps) {
  return (
    <button
      type="button"
      className="mini words"
      title={title ?? label}
      disabled={isDisabled}
      {...(isPressed !== undefined && { "aria-pressed": isPressed })}
      onClick={act}
    >
      <span aria-hidden>{icon}</span>
      <span className="mini-label">{label}</span>
    </button>
  );
}
