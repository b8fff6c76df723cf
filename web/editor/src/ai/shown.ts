/** Asking the AI about what is shown on the timeline. Says so when there is nothing. */
import type { NodeId, RunId, Seq } from "../api/types";
import { useRunPanels } from "../run/actions";
import { currentFrame } from "../run/moves";
import { useRun } from "../run/runStore";
import { say } from "../ui/say";
import { openExplain, openFix, type Failed } from "./panelStore";

function frameShown(): { run: RunId; frame: Seq; node: NodeId } | null {
  const { run, watched } = useRun.getState();
  const at = currentFrame();
  const table = watched?.timeline.table;
  const opened = table?.opened[at];
  if (!run || !table || opened === undefined) {
    say("No frame of a run is shown.");
    return null;
  }
  return { run, frame: opened, node: table.node[at] as NodeId };
}

/** The frame that is looked at when it failed, else what made the run fail. */
function failureShown(): Failed | null {
  const { run, watched } = useRun.getState();
  if (!run || !watched) {
    say("No run is shown.");
    return null;
  }
  const { table, stops } = watched.timeline;
  const at = currentFrame();
  if (table.status[at] === "FAILED") return { run, frame: table.opened[at] ?? null };
  if (stops.failures.length > 0) return { run, frame: null };
  say("Nothing failed in this run.");
  return null;
}

/** The shown run is `b`: what has become of the one it is compared with. */
function comparison(): { a: RunId; b: RunId } | null {
  const { run } = useRun.getState();
  const { comparedWith } = useRunPanels.getState();
  if (run && comparedWith !== null) return { a: comparedWith, b: run };
  say("Compare two runs first.");
  return null;
}

export function askFix() {
  const failed = failureShown();
  if (failed) openFix(failed);
}

/** The frame of a node at the shown moment. */
export function askFixOf(node: NodeId) {
  const { run, watched } = useRun.getState();
  const moment = watched?.statuses.momentOf(node);
  if (!run || !watched || !moment) return;
  openFix({ run, frame: watched.timeline.table.opened[moment.frame] ?? null });
}

export function askAboutFrame() {
  const frame = frameShown();
  if (frame) openExplain({ kind: "frame", ...frame });
}

export function askAboutDifference() {
  const runs = comparison();
  if (runs) openExplain({ kind: "comparison", ...runs });
}
