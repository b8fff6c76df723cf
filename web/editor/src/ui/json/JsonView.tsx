/** A value as a tree that is read with keys or with the hand, however large the value is. */
import { useEffect, useMemo, useState, type KeyboardEvent } from "react";
import type { Json } from "../../api/types";
import { joined } from "../../lib/words";
import { useRows } from "../useRows";
import { JsonBar } from "./JsonBar";
import { JsonRow } from "./JsonRow";
import { isPreview } from "./kinds";
import { expression, around } from "./pointer";
import { matches, openFor, type Row, rowsOf } from "./tree";
import type { Pages, ReadSlice } from "./tree";
import { usePages } from "./usePages";
import "./json.css";

export type JsonMark = "added" | "removed" | "changed" | "moved";

export interface JsonViewProps {
  value: Json;
  /** What the value is called in an expression: `input`, `nodes["fetch"].output`. */
  base: string;
  label: string;
  /** Reads more of what was cut. */
  read?: ReadSlice;
  /** Reads all of it, to copy it. */
  whole?: () => Promise<Json>;
  marks?: ReadonlyMap<string, JsonMark>;
  className?: string;
}

const ROW = 22;

export function JsonView(props: JsonViewProps) {
  const { value, base, label, read, marks, className } = props;
  const [text, setText] = useState("");
  const { rows, pages, want, setOpen, shown } = useTree(value, read, text);
  const [active, setActive] = useState({ pointer: "", at: 0 });
  const hits = useMemo(() => matches(rows, text), [rows, text]);
  const { scroller, list, items } = useRows(rows.length, ROW, (at) => rows[at]?.pointer ?? at);
  useEffect(() => {
    for (const { index } of items) {
      const row = rows[index];
      if (row?.within) want(row.within.pointer, row.within.offset, row.role === "body");
    }
  });
  const activeAt = placeOf(rows, active);
  const activeRow = rows[activeAt] as Row;
  const goTo = (at: number) => {
    const to = Math.min(Math.max(at, 0), rows.length - 1);
    setActive({ pointer: rows[to]?.pointer ?? "", at: to });
    list.scrollToIndex(to);
  };
  const turn = (row: Row, is = !row.isOpen) => {
    setActive({ pointer: row.pointer, at: rows.indexOf(row) });
    if (row.isOpen !== null) setOpen(toggled(shown, row.pointer, is));
  };
  const copy = useCopy(props);
  const keyed = (event: KeyboardEvent) => {
    const act = copyKey(event, activeRow, copy) ?? treeKey(event, rows, activeAt, goTo, turn);
    if (!act) return;
    event.preventDefault();
    act();
  };
  return (
    <div className={joined("json", className)}>
      <JsonBar
        {...{ text, setText, hits: hits.length, copied: copy.done }}
        at={hits.indexOf(activeAt)}
        onStep={(direction) => goTo(stepHit(hits, activeAt, direction))}
        onCopyPath={() => copy.path(activeRow)}
        onCopyValue={() => void copy.value(activeRow)}
        path={expression(base, activeRow.role === "item" ? activeRow.pointer : "")}
        canOpenAll={!isPreview(value) && rows.length < 2000}
        onOpenAll={() => setOpen(allOf(value))}
        onFoldAll={() => setOpen(new Set([""]))}
      />
      <div
        ref={scroller}
        className="json-scroll"
        role="tree"
        tabIndex={0}
        aria-label={label}
        aria-activedescendant={rowId(label, activeRow)}
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
                {...{ base, label, marks, text, turn, pages }}
                row={rows[item.index] as Row}
                isActive={item.index === activeAt}
                isHit={hits.includes(item.index)}
              />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

/** A row is known by its place in the value; one that was read meanwhile, by its place in the list. */
function placeOf(rows: readonly Row[], { pointer, at }: { pointer: string; at: number }): number {
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
  turn: (row: Row) => void;
}

function TreeRow({ row, base, label, marks, pages, isActive, isHit, turn }: TreeRowProps) {
  const marked = useMemo(() => new Set([...(marks?.keys() ?? [])].flatMap(around)), [marks]);
  return (
    <JsonRow
      row={row}
      id={rowId(label, row)}
      path={expression(base, row.pointer)}
      isActive={isActive}
      isHit={isHit}
      mark={marks?.get(row.pointer) ?? (marked.has(row.pointer) ? "within" : undefined)}
      error={row.within ? pages.get(row.within.pointer)?.error : undefined}
      onTurn={() => turn(row)}
    />
  );
}

/** The rows of a value: what a person opened, and what the search must open to be seen. */
function useTree(value: Json, read: ReadSlice | undefined, text: string) {
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set([""]));
  const [pages, want] = usePages(value, read);
  const found = useMemo(() => openFor(value, text), [value, text]);
  const shown = useMemo(() => (found.size > 0 ? new Set([...open, ...found]) : open), [open, found]);
  const rows = useMemo(() => rowsOf(value, { open: shown, pages }), [value, shown, pages]);
  return { rows, pages, want, shown, setOpen };
}

const rowId = (label: string, row: Row) => `json-${label}-${row.pointer}`.replace(/[^\w/?-]/g, "_");

function toggled(open: ReadonlySet<string>, pointer: string, is: boolean): Set<string> {
  const next = new Set(open);
  if (is) next.add(pointer);
  else next.delete(pointer);
  return next;
}

function allOf(value: Json): Set<string> {
  const open = new Set<string>();
  for (const row of rowsOf(value, { open: { has: () => true } as unknown as ReadonlySet<string>, pages: new Map() })) {
    if (row.isOpen && row.kind !== "text") open.add(row.pointer);
  }
  return open;
}

function stepHit(hits: number[], from: number, direction: -1 | 1): number {
  if (hits.length === 0) return from;
  const next = direction > 0 ? hits.find((hit) => hit > from) : hits.findLast((hit) => hit < from);
  return next ?? (hits.at(direction > 0 ? 0 : -1) as number);
}

type Copy = ReturnType<typeof useCopy>;

/** Ctrl+C copies the value, with Shift its path; text that is selected is copied as ever. */
function copyKey(event: KeyboardEvent, row: Row, copy: Copy): (() => void) | null {
  const isCopy = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "c";
  if (!isCopy || String(getSelection())) return null;
  return event.shiftKey ? () => copy.path(row) : () => void copy.value(row);
}

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

function useCopy({ base, value, whole, read }: JsonViewProps) {
  const [done, setDone] = useState("");
  const put = async (text: string, what: string) => {
    await navigator.clipboard.writeText(text);
    setDone(what);
    setTimeout(() => setDone(""), 1600);
  };
  return {
    done,
    path: (row: Row) => void put(expression(base, row.pointer), "Path copied"),
    async value(row: Row) {
      const all = whole && read ? at(await whole(), row.pointer) : row.pointer === "" ? value : row.value;
      await put(typeof all === "string" ? all : JSON.stringify(all, null, 2), "Value copied");
    },
  };
}

function at(value: Json, pointer: string): Json {
  let found: Json = value;
  for (const step of pointer.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    found = (found as Record<string, Json> | null)?.[key] ?? null;
  }
  return found;
}
