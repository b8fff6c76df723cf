/** What a person does with a run besides looking at it. */
import { create } from "zustand";
import { ServiceError } from "../api/client";
import { getWorkflow, putWorkflow } from "../api/workflows";
import type { NodeId, RunId } from "../api/types";
import { putExact, writeJsonOf } from "../lib/exact";
import { getFrame, listRuns } from "./api";
import { say } from "../ui/say";
import { currentFrame } from "./moves";
import { useRun } from "./runStore";

/** What lies over the run's screen or beside its timeline. */
interface RunPanels {
  isForking: boolean;
  isForksShown: boolean;
  /** The run that this one is compared with. */
  comparedWith: RunId | null;
}

const NONE: RunPanels = { isForking: false, isForksShown: false, comparedWith: null };
export const useRunPanels = create<RunPanels>(() => NONE);

export const resetPanels = () => useRunPanels.setState(NONE);

/** Says what went wrong, and what to do about it when that is known. */
export function complain(error: unknown): void {
  const hint = error instanceof ServiceError ? error.hint : undefined;
  const text = error instanceof Error ? error.message : String(error);
  say(hint ? `${text}: ${hint}` : text);
}

export function openForkDialog(): void {
  if (useRun.getState().watched) useRunPanels.setState({ isForking: true });
}

/** Compares with the run of the same workflow that was started before; for a fork, with the run it came from. */
export async function comparePrevious(): Promise<void> {
  const { detail } = useRun.getState();
  if (!detail) return;
  if (useRunPanels.getState().comparedWith !== null) return compareWith(null);
  if (detail.forkOf) return compareWith(detail.forkOf.run);
  try {
    const { items } = await listRuns({ workflow: detail.workflow.id, until: detail.started }, "", 20);
    const earlier = items.find((row) => row.run !== detail.run && row.started <= detail.started);
    if (earlier) compareWith(earlier.run);
    else say("No earlier run of this workflow to compare with");
  } catch (error) {
    complain(error);
  }
}

export const compareWith = (run: RunId | null) => useRunPanels.setState({ comparedWith: run });

/** The output that is looked at becomes what its node gives from now on, without being evaluated. */
export async function pinOutput(): Promise<void> {
  const { watched, detail } = useRun.getState();
  const frame = currentFrame();
  if (!watched || !detail || frame < 0) return;
  const { table } = watched.timeline;
  const node = table.node[frame] as NodeId;
  if (table.status[frame] !== "COMPLETED") return say(`${node} has no output here to pin`);
  try {
    const seen = await getFrame(table.run, table.opened[frame] as number, "full");
    const text = writeJsonOf(seen, "output");
    await pinInSaved(detail.workflow.id, node, text);
    say(`The output of ${node} is pinned in the workflow`);
  } catch (error) {
    complain(error);
  }
}

async function pinInSaved(id: string, node: NodeId, text: string): Promise<void> {
  const { workflow, hash } = await getWorkflow(id);
  const found = workflow.graph.nodes.find((each) => each.id === node);
  if (!found) throw new Error(`the workflow has no node ${node} any more`);
  putExact(found, "pinned", text);
  await putWorkflow(id, workflow, hash);
}
