/** A list of records as a grid of cells. The arrow keys walk from cell to cell; Enter opens one in the tree. */
import { useEffect, type CSSProperties, type KeyboardEvent } from "react";
import type { Json } from "../../api/types";
import { useRows } from "../useRows";
import { isContainer, kindOf } from "./kinds";
import { child, expression } from "./pointer";
import { type Cell, cellAt, type Table, wantedFor } from "./table";
import type { Pages } from "./tree";
import type { Want } from "./usePages";

interface Props {
  value: Json;
  base: string;
  label: string;
  table: Table;
  pages: ReadonlyMap<string, Pages>;
  want: Want;
  /** Cells that were found, counted row by row. */
  hits: readonly number[];
  /** The cell the keys are at, counted row by row. */
  active: number;
  onActive: (at: number, pointer: string) => void;
  onOpen: (pointer: string) => void;
  onCopy: (event: KeyboardEvent) => (() => void) | null;
}

const ROW = 24;
const PAGE_ROWS = 12;

export function JsonTable(props: Props) {
  const { value, base, label, table, pages, want, hits, active, onActive, onOpen, onCopy } = props;
  const { scroller, list, items } = useRows(table.rows, ROW, undefined, ROW);
  // Before the first record is read there are rows, but no columns yet.
  const across = Math.max(table.columns.length, 1);
  const [row, column] = [Math.floor(active / across), active % across];
  const cell = (at: number) => cellAt(value, pages, table, Math.floor(at / across), at % across);
  const placeOf = (at: number) => {
    const found = cell(at);
    return found.role === "value" ? found.pointer : child(table.pointer, Math.floor(at / across));
  };
  useEffect(() => {
    for (const { index } of items) {
      const wanted = wantedFor(value, pages, table, index);
      if (wanted) want(wanted.pointer, wanted.at, false);
    }
  });
  useEffect(() => {
    if (row > 0) list.scrollToIndex(row);
    document.getElementById(cellId(label, active))?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }, [list, label, active, row]);
  const goTo = (toRow: number, toColumn: number) => {
    const to = clamp(toRow, table.rows) * across + clamp(toColumn, across);
    onActive(to, placeOf(to));
  };
  const keyed = (event: KeyboardEvent) => {
    const act =
      onCopy(event) ?? gridKey(event, { row, column, rows: table.rows, across }, goTo, () => onOpen(placeOf(active)));
    if (!act) return;
    event.preventDefault();
    act();
  };
  const found = new Set(hits);
  const style = { "--columns": ["4.5em", ...table.widths.map((width) => `${width + 2}ch`)].join(" ") } as CSSProperties;
  return (
    <>
      <div
        ref={scroller}
        className="json-scroll json-grid"
        style={style}
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={table.count + 1}
        aria-colcount={across + 1}
        aria-readonly
        aria-activedescendant={cellId(label, active)}
        onKeyDown={keyed}
      >
        <Head columns={table.columns} />
        <div role="rowgroup" className="json-grid-rows" style={{ height: list.getTotalSize() }}>
          {items.map(({ index, start }) => (
            <GridRow
              key={index}
              {...{ label, base, index, start, cell, active, found, onOpen }}
              columns={table.columns}
            />
          ))}
        </div>
      </div>
      <Foot table={table} base={base} error={pages.get(table.pointer)?.error} />
    </>
  );
}

interface RowProps {
  label: string;
  base: string;
  index: number;
  start: number;
  columns: string[];
  cell: (at: number) => Cell;
  active: number;
  found: ReadonlySet<number>;
  onOpen: (pointer: string) => void;
}

function GridRow({ label, base, index, start, columns, cell, active, found, onOpen }: RowProps) {
  const first = index * columns.length;
  const isActive = active >= first && active < first + columns.length;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className="json-grid-row"
      data-active={isActive || undefined}
      style={{ transform: `translateY(${start}px)` }}
    >
      <span role="rowheader" aria-colindex={1} className="json-grid-index">
        {index}
      </span>
      {columns.map((name, column) => (
        <GridCell
          key={name}
          {...{ base, column, onOpen }}
          id={cellId(label, first + column)}
          cell={cell(first + column)}
          isActive={first + column === active}
          isHit={found.has(first + column)}
        />
      ))}
    </div>
  );
}

function Head({ columns }: { columns: string[] }) {
  return (
    <div role="rowgroup" className="json-grid-head">
      <div role="row" aria-rowindex={1} className="json-grid-row">
        <span role="columnheader" aria-colindex={1} className="json-grid-index">
          #
        </span>
        {columns.map((column, at) => (
          <span key={column} role="columnheader" aria-colindex={at + 2} title={column}>
            {column}
          </span>
        ))}
      </div>
    </div>
  );
}

interface CellProps {
  id: string;
  cell: Cell;
  column: number;
  base: string;
  isActive: boolean;
  isHit: boolean;
  onOpen: (pointer: string) => void;
}

/** It can be dragged into a parameter, as a row of the tree can. */
function GridCell({ id, cell, column, base, isActive, isHit, onOpen }: CellProps) {
  const known = cell.role === "value" ? cell : null;
  const kind = known && kindOf(known.value);
  return (
    <span
      id={id}
      role="gridcell"
      aria-colindex={column + 2}
      aria-selected={isActive}
      className={kind && isContainer(kind) ? "json-glance" : "json-leaf"}
      data-kind={kind ?? cell.role}
      data-active={isActive || undefined}
      data-hit={isHit || undefined}
      draggable={known !== null}
      title={known ? `${expression(base, known.pointer)}: ${known.text}` : undefined}
      onDragStart={(event) => {
        if (!known) return;
        const path = expression(base, known.pointer);
        event.dataTransfer.setData("text/plain", `{{ ${path} }}`);
        event.dataTransfer.setData("application/x-flowforge-path", path);
      }}
      onClick={() => known && onOpen(known.pointer)}
    >
      {known ? known.text : cell.role === "absent" ? "…" : ""}
    </span>
  );
}

/** Which list this is, and what of it is not in the table. */
function Foot({ table, base, error }: { table: Table; base: string; error: string | undefined }) {
  const { count, rows, moreColumns, pointer } = table;
  return (
    <p className="json-grid-foot">
      <span>
        <code>{expression(base, pointer)}</code>: {count.toLocaleString("en")} {count === 1 ? "row" : "rows"}
      </span>
      {moreColumns > 0 && <span>{moreColumns} more columns are in the tree</span>}
      {rows < count && <span>{(count - rows).toLocaleString("en")} more rows are not listed; search finds them</span>}
      {error && <span className="text-failed">{error}</span>}
    </p>
  );
}

const cellId = (label: string, at: number) => `json-cell-${label.replace(/\W/g, "_")}-${at}`;

const clamp = (at: number, count: number) => Math.min(Math.max(at, 0), count - 1);

interface Spot {
  row: number;
  column: number;
  rows: number;
  across: number;
}

function gridKey(
  event: KeyboardEvent,
  { row, column, rows, across }: Spot,
  goTo: (row: number, column: number) => void,
  open: () => void,
): (() => void) | null {
  if (event.altKey || event.metaKey) return null;
  const isFar = event.ctrlKey;
  const moves: Record<string, [number, number]> = {
    ArrowDown: [row + 1, column],
    ArrowUp: [row - 1, column],
    ArrowRight: [row, column + 1],
    ArrowLeft: [row, column - 1],
    PageDown: [row + PAGE_ROWS, column],
    PageUp: [row - PAGE_ROWS, column],
    Home: [isFar ? 0 : row, 0],
    End: [isFar ? rows - 1 : row, across - 1],
  };
  const move = moves[event.key];
  if (move) return () => goTo(...move);
  return event.key === "Enter" || event.key === " " ? open : null;
}
