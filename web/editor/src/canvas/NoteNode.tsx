/** A sticky note. */
import { NodeResizer, type NodeProps } from "@xyflow/react";
import { memo, useContext } from "react";
import { joined } from "../lib/words";
import { setNote } from "../document/edits";
import { CanvasDoc } from "./canvasDoc";
import type { NoteNode as Note } from "./flowTypes";

export const NoteNode = memo(function NoteNode({ data: { key, note }, selected }: NodeProps<Note>) {
  const doc = useContext(CanvasDoc);
  return (
    <div className={joined("note", selected && "selected")} data-color={note.color}>
      <NodeResizer
        isVisible={selected}
        minWidth={120}
        minHeight={64}
        onResizeEnd={(_, { x, y, width, height }) => doc && setNote(doc, key, { x, y, width, height })}
      />
      <textarea
        className="nowheel"
        aria-label="Note"
        placeholder="Write a note"
        value={note.text}
        readOnly={!doc}
        onChange={(event) => doc && setNote(doc, key, { text: event.target.value })}
      />
    </div>
  );
});
