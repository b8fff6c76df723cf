/** A value that is read with keys or with the hand, however large it is: as a tree, or as a table where it is a list of records. */
import { useMemo, useState, type KeyboardEvent } from "react";
import type { Json } from "../../api/types";
import { joined } from "../../lib/words";
import { JsonBar } from "./JsonBar";
import { JsonTable } from "./JsonTable";
import { JsonTree, placeOf } from "./JsonTree";
import { isContainer, isPreview } from "./kinds";
import { around, expression } from "./pointer";
import { cellHits, tableAt, valueAt } from "./table";
import { matches, openFor, type Row, rowsOf } from "./tree";
import type { ReadSlice } from "./tree";
import { type Copied, type Copy, useCopy } from "./useCopy";
import { usePages } from "./usePages";
import { keepMode, keptMode, type ViewMode } from "./viewMode";
import "./json.css";

export type JsonMark = "added" | "removed" | "changed" | "moved";

export interface JsonViewProps {
  value: Json;
  /** How it was written, when it is a number of which that says more. */
  number?: string | undefined;
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

export function JsonView(props: JsonViewProps) {
  const { value, number, base, label, read, marks, className } = props;
  const [text, setText] = useState("");
  const tree = useTree(value, number, read, text);
  const { rows, pages, want, setOpen, shown } = tree;
  const [active, setActive] = useState({ pointer: "", at: 0 });
  const [mode, setMode] = useState<ViewMode>(keptMode);
  const at = placeOf(rows, active);
  const row = rows[at] as Row;
  // What differs is marked in the tree alone, so a value with marks stays one.
  const table = useMemo(() => (marks ? null : tableAt(value, pages, active.pointer)), [marks, value, pages, active]);
  const isTable = mode === "table" && table !== null;
  const cell = useCell(table?.pointer);
  const hits = useMemo(
    () => (isTable ? cellHits(value, pages, table, text) : matches(rows, text)),
    [isTable, value, pages, table, rows, text],
  );
  const copy = useCopy(props);
  const copied = isTable ? placed(cell.pointer ?? table.pointer) : row;
  function placed(pointer: string) {
    return { pointer, value: valueAt(value, pages, pointer) ?? null };
  }
  const onTurn = (turned: Row, is = !turned.isOpen) => {
    setActive({ pointer: turned.pointer, at: rows.indexOf(turned) });
    if (turned.isOpen !== null) setOpen(toggled(shown, turned.pointer, is));
  };
  const choose = (next: ViewMode) => {
    keepMode(next);
    setMode(next);
  };
  const openPath = (pointer: string) => {
    setOpen(new Set([...shown, ...around(pointer), pointer]));
    setActive({ pointer, at: 0 });
    setMode("tree");
  };
  const hitAt = isTable ? cell.at : at;
  const onStep = (direction: -1 | 1) => {
    const to = stepHit(hits, hitAt, direction);
    if (isTable) cell.set(to);
    else setActive({ pointer: rows[to]?.pointer ?? "", at: to });
  };
  const path = isTable ? copied.pointer : row.role === "item" ? row.pointer : "";
  const onCopy = (event: KeyboardEvent) => copyKey(event, copied, copy);
  return (
    <div className={joined("json", className)}>
      <JsonBar
        {...{ text, setText, hits: hits.length, copied: copy.done, onStep }}
        at={hits.indexOf(hitAt)}
        onCopyPath={() => copy.path(copied.pointer)}
        onCopyValue={() => void copy.value(copied)}
        path={expression(base, path)}
        canFold={!isTable}
        canOpenAll={!isPreview(value) && rows.length < 2000}
        onOpenAll={() => setOpen(allOf(value))}
        onFoldAll={() => setOpen(new Set([""]))}
        {...(table && { mode: isTable ? "table" : "tree", onMode: choose })}
      />
      {isTable ? (
        <JsonTable
          key={table.pointer}
          {...{ value, base, label, table, pages, want, hits, onCopy }}
          active={cell.at}
          onActive={(to, pointer) => cell.set(to, pointer)}
          onOpen={openPath}
        />
      ) : (
        <JsonTree
          {...{ base, label, marks, rows, pages, want, hits, read, onCopy, onTurn }}
          active={at}
          onActive={(to) => setActive({ pointer: rows[to]?.pointer ?? "", at: to })}
        />
      )}
    </div>
  );
}

/** The cell that the keys are at, in a table of this place; another table begins at its first cell. */
function useCell(table: string | undefined) {
  const [cell, setCell] = useState<{ of: string | undefined; at: number; pointer?: string }>({ of: table, at: 0 });
  const { at, pointer } = cell.of === table ? cell : { at: 0, pointer: undefined };
  return { at, pointer, set: (to: number, of?: string) => setCell({ of: table, at: to, ...(of && { pointer: of }) }) };
}

/** The rows of a value: what a person opened, and what the search must open to be seen. */
function useTree(value: Json, number: string | undefined, read: ReadSlice | undefined, text: string) {
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set([""]));
  const [pages, want] = usePages(value, read);
  const found = useMemo(() => openFor(value, text), [value, text]);
  const shown = useMemo(() => (found.size > 0 ? new Set([...open, ...found]) : open), [open, found]);
  const rows = useMemo(() => rowsOf(value, { open: shown, pages }, null, number), [value, number, shown, pages]);
  return { rows, pages, want, shown, setOpen };
}

function toggled(open: ReadonlySet<string>, pointer: string, is: boolean): Set<string> {
  const next = new Set(open);
  if (is) next.add(pointer);
  else next.delete(pointer);
  return next;
}

function allOf(value: Json): Set<string> {
  const open = new Set<string>();
  for (const row of rowsOf(value, { open: { has: () => true } as unknown as ReadonlySet<string>, pages: new Map() })) {
    if (row.isOpen && isContainer(row.kind)) open.add(row.pointer);
  }
  return open;
}

function stepHit(hits: number[], from: number, direction: -1 | 1): number {
  if (hits.length === 0) return from;
  const next = direction > 0 ? hits.find((hit) => hit > from) : hits.findLast((hit) => hit < from);
  return next ?? (hits.at(direction > 0 ? 0 : -1) as number);
}

/** Ctrl+C copies the value, with Shift its path; text that is selected is copied as ever. */
function copyKey(event: KeyboardEvent, place: Copied, copy: Copy): (() => void) | null {
  const isCopy = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "c";
  if (!isCopy || String(getSelection())) return null;
  return event.shiftKey ? () => copy.path(place.pointer) : () => void copy.value(place);
}
