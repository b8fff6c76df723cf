/** A node on the canvas. */
import type { NodeProps } from "@xyflow/react";
import { memo } from "react";
import { joined } from "../lib/words";
import { useLastWords } from "../run/words";
import type { StepNode as Step } from "./flowTypes";
import { GhostBadge } from "./GhostBadge";
import { useGhost, useIsLookedAt } from "./ghosts";
import { NodeBadges } from "./NodeBadges";
import { NodeIcon } from "./icons";
import { NodeTitle } from "./NodeTitle";
import { Ports } from "./Ports";
import { useNodeDiff, useNodeStatus } from "./useNodeStatus";
import { headHeight, PARAM_LINES } from "./size";
import { setParams, summaryLine } from "./summary";

export const StepNode = memo(function StepNode({ id, data, selected }: NodeProps<Step>) {
  const { node, spec, density } = data;
  const status = useNodeStatus(id);
  const diff = useNodeDiff(id);
  const ghost = useGhost(id);
  const isLookedAt = useIsLookedAt(id);
  const head = headHeight(density, Math.max(data.ins.length, data.outs.length));
  return (
    <div
      className={joined(
        "step",
        `step-${density}`,
        selected && "selected",
        node.disabled && "disabled",
        data.outs.length > 1 && "many-outs",
      )}
      data-status={status?.status}
      data-diff={diff}
      data-ghost={ghost?.mark}
      data-looked-at={isLookedAt || undefined}
      data-role={spec?.role ?? "unknown"}
    >
      <div className="step-main" style={{ height: head - 2 }}>
        <span className="step-icon">
          <NodeIcon name={spec?.icon} size={density === "compact" ? 14 : 16} />
        </span>
        <span className="min-w-0 flex-1">
          <NodeTitle id={id} data={data} />
          {density !== "compact" && <Line id={id} data={data} isRunning={status?.status === "RUNNING"} />}
        </span>
        <NodeBadges id={id} node={node} status={status} />
      </div>
      {density === "detailed" && <ParamLines data={data} />}
      {ghost && <GhostBadge ghost={ghost} isOpen={isLookedAt} />}
      <Ports data={data} height={head} />
    </div>
  );
});

/** What the node does or, while a model answers it, the last words of that. */
function Line({ id, data: { node, spec }, isRunning }: { id: string; data: Step["data"]; isRunning: boolean }) {
  const words = useLastWords(id);
  const isSpeaking = isRunning && words !== null;
  return (
    <span className="step-summary" data-speaking={isSpeaking || undefined}>
      {isSpeaking ? words : summaryLine(node, spec)}
    </span>
  );
}

function ParamLines({ data: { node, spec } }: { data: Step["data"] }) {
  const lines = setParams(node, spec).slice(0, PARAM_LINES);
  if (lines.length === 0) return null;
  return (
    <dl className="step-params">
      {lines.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
