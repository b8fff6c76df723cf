/** A named frame behind some nodes. */
import type { NodeProps } from "@xyflow/react";
import { memo, useContext } from "react";
import { setGroup } from "../document/edits";
import { joined } from "../lib/words";
import { CanvasDoc } from "./canvasDoc";
import type { GroupNode as Group } from "./flowTypes";

export const GroupNode = memo(function GroupNode({ data: { key, group }, selected }: NodeProps<Group>) {
  const doc = useContext(CanvasDoc);
  return (
    <div className={joined("group-frame", selected && "selected")} data-color={group.color}>
      <div className="group-head">
        <input
          aria-label="Name of the group"
          className="nodrag"
          value={group.title}
          size={Math.max(6, group.title.length)}
          readOnly={!doc}
          onChange={(event) => doc && setGroup(doc, key, { title: event.target.value })}
        />
      </div>
    </div>
  );
});
