/** One row of the tree. It can be dragged into a parameter, where it becomes the expression that reads it. */
import { ChevronDown, ChevronRight } from "lucide-react";
import { memo } from "react";
import { BytesPreview } from "./BytesPreview";
import { isContainer } from "./kinds";
import type { JsonMark } from "./JsonView";
import { around } from "./pointer";
import type { ReadSlice, Row } from "./tree";

interface Props {
  row: Row;
  id: string;
  path: string;
  isActive: boolean;
  isHit: boolean;
  mark: JsonMark | "within" | undefined;
  error: string | undefined;
  read: ReadSlice | undefined;
  onTurn: () => void;
}

const MARK_WORDS: Record<JsonMark | "within", string> = {
  added: "added",
  removed: "removed",
  changed: "changed",
  moved: "moved",
  within: "differs within",
};

export const JsonRow = memo(function JsonRow(props: Props) {
  const { row, id, path, isActive, isHit, mark, error, read, onTurn } = props;
  const Arrow = row.isOpen ? ChevronDown : ChevronRight;
  return (
    <div
      id={id}
      className="json-row"
      style={{ paddingLeft: 4 + row.depth * 14 }}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={isActive}
      {...(row.isOpen !== null && { "aria-expanded": row.isOpen })}
      data-active={isActive || undefined}
      data-hit={isHit || undefined}
      data-mark={mark}
      draggable={row.role === "item"}
      onDragStart={(event) => {
        event.dataTransfer.setData("text/plain", `{{ ${path} }}`);
        event.dataTransfer.setData("application/x-flowforge-path", path);
      }}
      onClick={onTurn}
    >
      <span className="json-arrow">{row.isOpen !== null && <Arrow size={12} aria-hidden />}</span>
      {row.key !== null && <span className="json-key">{row.key}</span>}
      <Content row={row} error={error} read={read} />
      {mark && (
        <span className="json-mark" data-mark={mark}>
          {MARK_WORDS[mark]}
        </span>
      )}
    </div>
  );
});

function Content({ row, error, read }: Pick<Props, "row" | "error" | "read">) {
  if (error && row.role !== "item") return <span className="text-failed">{error}</span>;
  if (row.role === "absent") return <span className="json-absent">reading…</span>;
  if (row.role === "rest") return <span className="json-size">{row.text}</span>;
  if (row.role === "bytes")
    return <BytesPreview value={row.value} pointer={around(row.pointer).at(-1) ?? ""} read={read} />;
  if (row.role === "body") return <Body row={row} />;
  if (isContainer(row.kind)) {
    return (
      <>
        <span className="json-size">
          {row.kind === "list" ? "list" : "record"} {row.size}
        </span>
        {!row.isOpen && <span className="json-glance">{row.text}</span>}
      </>
    );
  }
  return (
    <>
      <span className="json-leaf" data-kind={row.kind}>
        {row.kind === "text" && row.isOpen ? "" : row.text}
      </span>
      <span className="json-kind">
        {row.kind}
        {row.size && ` · ${row.size}`}
      </span>
    </>
  );
}

function Body({ row }: { row: Row }) {
  return (
    <span className="json-body">
      {row.text}
      {row.within && <span className="json-absent"> reading…</span>}
    </span>
  );
}
