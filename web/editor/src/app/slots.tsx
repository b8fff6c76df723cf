/** The rooms beside the canvas. Each is a chunk of its own, read when it is first shown. */
import { lazy, type ComponentType } from "react";
import type * as Y from "yjs";
import type { NodeId, RunId, Seq } from "../api/types";
import type { Specs } from "../document/load";

/** What the inspector shows of a run beside the parameters. */
export interface RunView {
  runId: RunId;
  seq: Seq | null;
}

export interface InspectorProps {
  doc: Y.Doc;
  /** The one selected node; null when there are several or none. */
  nodeId: NodeId | null;
  specs: Specs;
  runView?: RunView;
  readOnly?: boolean;
  onRun?: (runId: RunId) => void;
}

export interface RunDockProps {
  workflowId?: string;
  runId: RunId;
  seq: Seq | null;
  onSeq: (seq: Seq | null) => void;
  onNode: (nodeId: NodeId) => void;
}

type Room<Props> = ComponentType<Props> | null;

const inspectors = import.meta.glob<{ Inspector: ComponentType<InspectorProps> }>("../panel/Inspector.tsx");
const docks = import.meta.glob<{ RunDock: ComponentType<RunDockProps> }>("../run/RunDock.tsx");
const runLists = import.meta.glob<{ RunsScreen: ComponentType }>("../lists/RunsScreen.tsx");
const dashboards = import.meta.glob<{ DashboardScreen: ComponentType }>("../lists/DashboardScreen.tsx");

function room<Module, Props>(
  found: Record<string, () => Promise<Module>>,
  pick: (module: Module) => ComponentType<Props>,
): Room<Props> {
  const [read] = Object.values(found);
  if (!read) return null;
  return lazy(async () => ({ default: pick(await read()) })) as unknown as ComponentType<Props>;
}

export const Inspector = room(inspectors, (module) => module.Inspector);
export const RunDock = room(docks, (module) => module.RunDock);
export const RunsScreen = room(runLists, (module) => module.RunsScreen);
export const DashboardScreen = room(dashboards, (module) => module.DashboardScreen);
