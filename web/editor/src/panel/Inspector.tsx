/** The panel beside the canvas: the selected node, a summary of several, or the workflow itself. */
import type * as Y from "yjs";
import type { NodeId, RunId, Seq } from "../api/types";
import { isStepId } from "../canvas/flowTypes";
import { soleEdge, useSelection } from "../canvas/selection";
import type { Specs } from "../document/load";
import { EdgeInspector } from "./inspector/EdgeInspector";
import { NodeInspector } from "./inspector/NodeInspector";
import { SeveralNodes } from "./inspector/SeveralNodes";
import { WorkflowSettings } from "./inspector/WorkflowSettings";
import { useShownRun } from "./shownRun";
import "./panel.css";

export { InputForm } from "./InputForm";

interface InspectorProps {
  doc: Y.Doc;
  /** The one selected node; null when there are several or none. */
  nodeId: NodeId | null;
  specs: Specs;
  /** The run whose values are shown and tried, at the moment that the timeline shows. */
  runView?: { runId: RunId; seq: Seq | null };
  /** The graph belongs to a run that was: it is looked at, not changed. */
  readOnly?: boolean;
  /** A run was started from here. */
  onRun?: (run: RunId) => void;
}

export function Inspector({ doc, nodeId, specs, runView, readOnly = false, onRun }: InspectorProps) {
  const selected = useSelection((selection) => selection.nodes);
  const edge = useSelection(soleEdge);
  const view = useShownRun(runView?.runId);
  if (nodeId !== null) {
    return (
      <NodeInspector key={nodeId} doc={doc} id={nodeId} specs={specs} view={view} readOnly={readOnly} onRun={onRun} />
    );
  }
  if (edge !== null) return <EdgeInspector key={edge} doc={doc} id={edge} />;
  const nodes = [...selected].filter(isStepId);
  if (nodes.length > 1) return <SeveralNodes doc={doc} nodes={nodes} specs={specs} readOnly={readOnly} />;
  return <WorkflowSettings doc={doc} readOnly={readOnly} />;
}
