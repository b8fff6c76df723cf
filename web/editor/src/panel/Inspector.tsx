/** The panel beside the canvas: the selected node, a summary of several, or the workflow itself. */
import type { ReactNode } from "react";
import type * as Y from "yjs";
import type { ExecutionFrame, NodeId, RunId } from "../api/types";
import type { Specs } from "../document/load";
import type { RunView } from "./runView";
import { NodeInspector } from "./inspector/NodeInspector";
import { SeveralNodes } from "./inspector/SeveralNodes";
import { WorkflowSettings } from "./inspector/WorkflowSettings";
import "./panel.css";

export type Side = "input" | "output";

export interface InspectorProps {
  doc: Y.Doc;
  /** The selected nodes. */
  nodes: readonly NodeId[];
  specs: Specs;
  /** The moment of a run whose values are shown and tried. */
  runView?: RunView | null;
  /** The graph belongs to a run that was: it is looked at, not changed. */
  readOnly?: boolean;
  /** A run was started from here. */
  onRun?: (run: RunId) => void;
  /** Draws a value of a frame; without it, its preview as text. */
  renderValue?: (frame: ExecutionFrame, side: Side) => ReactNode;
}

export function Inspector(props: InspectorProps) {
  const { doc, nodes, specs, readOnly = false } = props;
  const [first] = nodes;
  if (first === undefined) return <WorkflowSettings doc={doc} readOnly={readOnly} />;
  if (nodes.length > 1) return <SeveralNodes doc={doc} nodes={nodes} specs={specs} readOnly={readOnly} />;
  return <NodeInspector key={first} {...props} id={first} />;
}
