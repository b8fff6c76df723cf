/** A value as a tree: the rows in sight, walked with the arrow keys as in any tree. */
import { useEffect, useMemo, type KeyboardEvent } from "react";
import { useRows } from "../useRows";
import { JsonRow } from "./JsonRow";
import type { JsonMark } from "./JsonView";
import { around, expression } from "./pointer";
import type { Pages, ReadSlice, Row } from "./tree";
import type { Want } from "./usePages";

interface Props {
  base: string;
  label: string;
  rows: readonly Row[];
  pages: ReadonlyMap<string, Pages>;
  marks: ReadonlyMap<string, JsonMark> | undefined;
  hits: readonly number[];
  active: number;
  read: ReadSlice | undefined;
  want: Want;
  onActive: (at: number) => void;
  onTurn: (row: Row, is?: boolean) => void;
  onCopy: (event: KeyboardEvent) => (() => void) | null;
}

const ROW = 22;

export function JsonTree(props: Props) {
  const { base, label, rows, pages, marks, hits, active, read, want, onActive, onTurn, onCopy } = props;
  const { scroller, list, items } = useRows(rows.length, ROW, (at) => rows[at]?.pointer ?? at);
  useEffect(() => {
    for (const { index } of items) {
      const row = rows[index];
      if (row?.within) want(row.within.pointer, row.within.offset, row.role === "body");
    }
  });
  const pointer = (rows[active] as Row).pointer;
  useEffect(() => {
    if (active > 0) list.scrollToIndex(active);
    // Only a step to another row scrolls; rows that are read meanwhile do not.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [pointer, list]);
  const goTo = (at: number) => onActive(Math.min(Math.max(at, 0), rows.length - 1));
  const keyed = (event: KeyboardEvent) => {
    // A button in a row has keys of its own.
    if (event.target !== event.currentTarget) return;
    const act = onCopy(event) ?? treeKey(event, rows, active, goTo, onTurn);
    if (!act) return;
    event.preventDefault();
    act();
  };
  return (
    <div
      ref={scroller}
      className="json-scroll"
      role="tree"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={rowId(label, rows[active] as Row)}
      onKeyDown={keyed}
    >
      <div role="presentation" style={{ height: list.getTotalSize(), position: "relative" }}>
        {items.map((item) => (
          <div
            key={item.key}
            ref={list.measureElement}
            data-index={item.index}
            className="json-slot"
            style={{ transform: `translateY(${item.start}px)` }}
            role="presentation"
          >
            <TreeRow
              {...{ base, label, marks, pages, read }}
              turn={onTurn}
              row={rows[item.index] as Row}
              isActive={item.index === active}
              isHit={hits.includes(item.index)}
            />
          </div>
        ))}
      </div>
    </div>
  );
}

/** A row is known by its place in the value; one that was read meanwhile, by its place in the list. */
export function placeOf(rows: readonly Row[], { pointer, at }: { pointer: string; at: number }): number {
  if (rows[at]?.pointer === pointer) return at;
  const found = rows.findIndex((row) => row.pointer === pointer);
  return found >= 0 ? found : Math.min(at, rows.length - 1);
}

interface TreeRowProps {
  row: Row;
  base: string;
  label: string;
  marks: ReadonlyMap<string, JsonMark> | undefined;
  pages: ReadonlyMap<string, Pages>;
  isActive: boolean;
  isHit: boolean;
  read: ReadSlice | undefined;
  turn: (row: Row) => void;
}

function TreeRow({ row, base, label, marks, pages, isActive, isHit, read, turn }: TreeRowProps) {
  const marked = useMemo(() => new Set([...(marks?.keys() ?? [])].flatMap(around)), [marks]);
  return (
    <JsonRow
      row={row}
      id={rowId(label, row)}
      path={expression(base, row.pointer)}
      isActive={isActive}
      isHit={isHit}
      read={read}
      mark={marks?.get(row.pointer) ?? (marked.has(row.pointer) ? "within" : undefined)}
      error={row.within ? pages.get(row.within.pointer)?.error : undefined}
      onTurn={() => turn(row)}
    />
  );
}

const rowId = (label: string, row: Row) => `json-${label}-${row.pointer}`.replace(/[^\w/?-]/g, "_");

function treeKey(
  event: KeyboardEvent,
  rows: readonly Row[],
  at: number,
  goTo: (at: number) => void,
  turn: (row: Row, is?: boolean) => void,
): (() => void) | null {
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  const row = rows[at] as Row;
  switch (event.key) {
    case "ArrowDown":
      return () => goTo(at + 1);
    case "ArrowUp":
      return () => goTo(at - 1);
    case "Home":
      return () => goTo(0);
    case "End":
      return () => goTo(rows.length - 1);
    case "PageDown":
      return () => goTo(at + 12);
    case "PageUp":
      return () => goTo(at - 12);
    case "ArrowRight":
      return () => (row.isOpen === false ? turn(row, true) : goTo(row.isOpen ? at + 1 : at));
    case "ArrowLeft":
      return () => (row.isOpen ? turn(row, false) : goTo(rows.findLastIndex((r, i) => i < at && r.depth < row.depth)));
    case "Enter":
    case " ":
      return () => turn(row);
    default:
      return null;
  }
}
