/** A loop: a frame that holds its body. */
import type { NodeProps } from "@xyflow/react";
import { Plus } from "lucide-react";
import { memo, useContext } from "react";
import { joined } from "../lib/words";
import { CanvasActions } from "./actions";
import type { LoopNode as Loop } from "./flowTypes";
import { NodeIcon } from "./icons";
import { NodeTitle } from "./NodeTitle";
import { GhostBadge } from "./GhostBadge";
import { useGhost, useIsLookedAt } from "./ghosts";
import { NodeBadges } from "./NodeBadges";
import { Ports } from "./Ports";
import { LOOP_HEAD } from "./size";
import { summaryLine } from "./summary";
import { useNodeDiff, useNodeStatus } from "./useNodeStatus";

export const LoopNode = memo(function LoopNode({ id, data, selected }: NodeProps<Loop>) {
  const { node, spec } = data;
  const status = useNodeStatus(id);
  const diff = useNodeDiff(id);
  const ghost = useGhost(id);
  const isLookedAt = useIsLookedAt(id);
  return (
    <div
      className={joined("loop", selected && "selected", node.disabled && "disabled")}
      data-status={status?.status}
      data-diff={diff}
      data-ghost={ghost?.mark}
      data-looked-at={isLookedAt || undefined}
    >
      <div className="loop-head" style={{ height: LOOP_HEAD }}>
        <span className="step-icon">
          <NodeIcon name={spec?.icon} />
        </span>
        <span className="flex-none">
          <NodeTitle id={id} data={data} />
        </span>
        <span className="step-summary flex-1">{summaryLine(node, spec)}</span>
        <NodeBadges id={id} node={node} status={status} />
      </div>
      {data.empty && <First loop={id} />}
      {ghost && <GhostBadge ghost={ghost} isOpen={isLookedAt} />}
      <Ports data={data} height={LOOP_HEAD} />
    </div>
  );
});

/** An empty body says what it is for. */
function First({ loop }: { loop: string }) {
  const actions = useContext(CanvasActions);
  return (
    actions && (
      <button
        type="button"
        className="loop-first nodrag nopan"
        onClick={(event) => actions.insertInto(loop, { x: event.clientX, y: event.clientY })}
        onDoubleClick={(event) => event.stopPropagation()}
      >
        <Plus size={14} aria-hidden />
        Add what each round does
      </button>
    )
  );
}
