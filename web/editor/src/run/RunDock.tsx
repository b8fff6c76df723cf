/** The run under the canvas: how it stands, its timeline, and the frame of the moment. */
import { useCallback, useEffect, useMemo, useState, type KeyboardEvent } from "react";
import { useCatalogue } from "../api/catalogue";
import type { NodeId, RunId, Seq, Workflow, WorkflowNode } from "../api/types";
import { addressOf, go, usePlace } from "../app/router";
import { soleStep, useSelection } from "../canvas/selection";
import type { Specs } from "../document/load";
import { compareWith, resetPanels, useRunPanels } from "./actions";
import { DiffPane } from "./DiffPane";
import { ForkDialog } from "./ForkDialog";
import { ForkTree } from "./ForkTree";
import { FrameList } from "./FrameList";
import { useFramePart } from "./framePart";
import { FramePane } from "./FramePane";
import { pause, showOpened } from "./moves";
import { RunHeader } from "./RunHeader";
import { closeRun, goTo, lookAt, openRun, useRun } from "./runStore";
import { TimelineView } from "./Timeline";
import { Transport } from "./Transport";
import { useCompanyHere } from "./useCompanyHere";
import { useEdgeValues } from "./useEdgeValues";
import { useRunKeys } from "./useRunKeys";
import { WaitForm } from "./WaitForm";
import "./run.css";

interface RunDockProps {
  workflowId?: string;
  runId: RunId;
  /** The moment to show; null: the end, followed. */
  seq: Seq | null;
  onSeq: (seq: Seq | null) => void;
  onNode: (node: NodeId) => void;
}

export function RunDock({ runId, seq, onSeq, onNode }: RunDockProps) {
  const { watched, error, detail } = useRun();
  const [isList, setList] = useState(false);
  const isForksShown = useRunPanels((panels) => panels.isForksShown);
  const comparedWith = useRunPanels((panels) => panels.comparedWith);
  useOpened(runId, seq);
  useAddress(runId, seq, onSeq);
  useSelectedNode();
  useComparedInAddress(runId);
  useEdgeValues();
  useRunKeys();
  useCompanyHere(runId);
  useWantedFrame(runId);
  const nameOf = useNames(watched?.workflow ?? null);
  if (error) return <Failed error={error} onAgain={() => void openRun(runId, seq)} />;
  if (!watched || !detail) return <p className="run-empty">Reading the run…</p>;
  return (
    <div className="run" onKeyDown={keepOwnKeys}>
      <RunHeader detail={detail} table={watched.timeline.table} />
      <WaitForm detail={detail} nameOf={nameOf} onNode={onNode} />
      <Transport timeline={watched.timeline} nameOf={nameOf} isList={isList} onList={() => setList(!isList)} />
      <div className="run-body">
        {isList ? (
          <FrameList watched={watched} nameOf={nameOf} />
        ) : (
          <TimelineView key={runId} watched={watched} nameOf={nameOf} />
        )}
        <div className="run-side">
          {isForksShown ? (
            <ForkTree run={runId} />
          ) : comparedWith !== null ? (
            <DiffPane run={runId} other={comparedWith} nameOf={nameOf} />
          ) : (
            <FramePane watched={watched} nameOf={nameOf} onNode={onNode} />
          )}
        </div>
      </div>
      <ForkDialog watched={watched} detail={detail} nameOf={nameOf} />
    </div>
  );
}

/** A key that presses a button or moves in a list is not for the timeline. */
function keepOwnKeys(event: KeyboardEvent) {
  const on = event.target as Element;
  const isPress = event.key === " " || event.key === "Enter";
  const isArrow = event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End";
  const isPressed = on.closest("button, a, summary, [role=tab]") !== null;
  const isMoved = on.closest("[role=tablist], [role=tree], [role=listbox], [role=radiogroup], select") !== null;
  if ((isPress && isPressed) || (isArrow && isMoved)) event.stopPropagation();
}

function useOpened(runId: RunId, seq: Seq | null): void {
  useEffect(() => {
    resetPanels();
    void openRun(runId, seq, soleStep(useSelection.getState()));
    return () => {
      pause();
      closeRun();
    };
    // Another moment is gone to, not opened again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [runId]);
}

const TOLD_AFTER_MS = 250;

/** The address follows the moment, with some delay: a browser limits how often it may change. */
function useAddress(runId: RunId, seq: Seq | null, onSeq: (seq: Seq | null) => void): void {
  const [told, setTold] = useState(seq);
  const current = useRun((run) => (run.watched && run.run === runId ? (run.isFollowing ? null : run.seq) : undefined));
  useEffect(() => {
    if (current === undefined || current === told) return;
    const timer = setTimeout(() => {
      setTold(current);
      onSeq(current);
    }, TOLD_AFTER_MS);
    return () => clearTimeout(timer);
  }, [current, told, onSeq]);
  useEffect(() => {
    const { watched, run } = useRun.getState();
    if (!watched || run !== runId || seq === told) return;
    goTo(seq ?? Infinity);
    // Only what came from outside moves the run.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [seq]);
}

/** The node that is selected on the canvas is looked at, until a person moves on the timeline. */
function useSelectedNode(): void {
  useEffect(() => useSelection.subscribe((selection) => lookAt(soleStep(selection))), []);
}

/** A thread about a frame leads to it: to its end, where all of it is to be seen. */
function useWantedFrame(runId: RunId): void {
  const wanted = useFramePart((shown) => shown.wanted);
  const isReady = useRun(({ watched, run }) => watched !== null && run === runId);
  useEffect(() => {
    if (!isReady || wanted?.run !== runId) return;
    showOpened(wanted.frame);
    useFramePart.setState({ wanted: null });
  }, [isReady, wanted, runId]);
}

/** The address of a run's screen names the run that it is compared with. */
function useComparedInAddress(runId: RunId): void {
  const place = usePlace();
  const compared = useRunPanels((panels) => panels.comparedWith);
  const named = place.screen === "run" && place.id === runId ? place.diff : null;
  useEffect(() => {
    if (named !== null) compareWith(named);
  }, [named]);
  useEffect(() => {
    if (place.screen !== "run" || place.id !== runId || compared === place.diff) return;
    // At first the address speaks, and only then the panel.
    const timer = setTimeout(() => go(addressOf({ ...place, diff: compared }), "replace"));
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [compared]);
}

/** Names as the canvas writes them; with the id where two nodes would be called the same. */
export function titlesOf(nodes: readonly WorkflowNode[], specs: Specs | undefined): Map<NodeId, string> {
  const titles = new Map(nodes.map((node) => [node.id, node.name ?? specs?.get(node.type)?.title ?? node.id]));
  const times = new Map<string, number>();
  for (const title of titles.values()) times.set(title, (times.get(title) ?? 0) + 1);
  for (const [id, title] of titles) if ((times.get(title) ?? 0) > 1 && title !== id) titles.set(id, `${title} (${id})`);
  return titles;
}

function useNames(workflow: Workflow | null): (node: NodeId) => string {
  const { specs } = useCatalogue();
  const titles = useMemo(() => titlesOf(workflow?.graph.nodes ?? [], specs), [workflow, specs]);
  return useCallback((node) => titles.get(node) ?? node, [titles]);
}

function Failed({ error, onAgain }: { error: Error; onAgain: () => void }) {
  return (
    <div className="run-empty" role="alert">
      <p>{error.message}</p>
      <button type="button" className="button" onClick={onAgain}>
        Try again
      </button>
    </div>
  );
}
