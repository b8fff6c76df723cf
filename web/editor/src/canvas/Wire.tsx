/** An edge on the canvas. */
import { BaseEdge, EdgeLabelRenderer, getBezierPath, getSmoothStepPath, type EdgeProps } from "@xyflow/react";
import { MessageCircle, Plus } from "lucide-react";
import { memo, useContext } from "react";
import { act } from "../app/keys";
import { useOpenThreads } from "../collab/comments/useThreads";
import { counted } from "../lib/words";
import { useRunStatus } from "../run/statusStore";
import { CanvasActions } from "./actions";
import type { FlowEdge } from "./flowTypes";
import { useWireGhost } from "./ghosts";

const BACK = 16;
/** A narrower gap between two nodes shows no value. */
const VALUE_ROOM_MIN = 36;

export const Wire = memo(function Wire(props: EdgeProps<FlowEdge>) {
  const { id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, selected, data } = props;
  const ends = { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition };
  // A wire that goes back is led around its nodes.
  const isBack = targetX < sourceX + BACK;
  const [path, x, y] = isBack ? getSmoothStepPath({ ...ends, borderRadius: 12, offset: 24 }) : getBezierPath(ends);
  const room = Math.abs(targetX - sourceX) - 20;
  const status = useRunStatus((store) => store.edges[id]);
  const value = useRunStatus((store) => store.edgeValues[id]);
  const ghost = useWireGhost(data?.edge);
  const said = useOpenThreads({ edge: id });
  const isValue = value !== undefined && room >= VALUE_ROOM_MIN;
  return (
    <>
      <BaseEdge
        id={id}
        path={path}
        className="wire"
        interactionWidth={16}
        {...{ "data-status": status, "data-type": data?.type, "data-ghost": ghost }}
      />
      <EdgeLabelRenderer>
        {(isValue || said > 0 || (selected && ghost !== "added")) && (
          <div className="wire-label" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
            {selected ? (
              <Tools edge={id} said={said} />
            ) : (
              isValue && (
                <span className="wire-value" style={{ maxWidth: room }}>
                  {value}
                </span>
              )
            )}
            {said > 0 && !selected && <SaidCount said={said} />}
          </div>
        )}
      </EdgeLabelRenderer>
    </>
  );
});

function Tools({ edge, said }: { edge: string; said: number }) {
  const actions = useContext(CanvasActions);
  if (!actions) return null;
  return (
    <span className="wire-tools">
      <button
        type="button"
        className="wire-add nodrag nopan"
        aria-label="Insert a node here"
        title="Insert a node here"
        onClick={(event) => actions.insertOn(edge, { x: event.clientX, y: event.clientY })}
      >
        <Plus size={13} aria-hidden />
      </button>
      <button
        type="button"
        className="wire-add nodrag nopan"
        aria-label="Comment on this connection"
        title={said > 0 ? `Comment; ${counted(said, "open thread")}` : "Comment"}
        data-said={said > 0 || undefined}
        onClick={() => act("comment")}
      >
        <MessageCircle size={12} aria-hidden />
      </button>
    </span>
  );
}

function SaidCount({ said }: { said: number }) {
  const words = counted(said, "open thread");
  return (
    <span className="said-count wire-said" role="img" aria-label={words} title={words}>
      <MessageCircle size={11} aria-hidden /> {said}
    </span>
  );
}
