/** Runs as rows, of which only those in sight exist. Further pages are read as they come into sight. */
import { GitFork } from "lucide-react";
import { useEffect } from "react";
import type { RunRow } from "../api/types";
import { addressOf } from "../app/router";
import { ago, counted, duration } from "../lib/words";
import { Link } from "../ui/Link";
import { StatusDot } from "../ui/StatusDot";
import { useRows } from "../ui/useRows";

const ROW = 40;

export function RunTable({ rows, more }: { rows: readonly RunRow[]; more: (() => void) | null }) {
  const { scroller, list, items } = useRows(rows.length, ROW, (at) => rows[at]?.run ?? at);
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 15) more();
  }, [more, last, rows.length]);
  return (
    <div className="runs-table" role="table" aria-label="Runs" aria-rowcount={more ? -1 : rows.length + 1}>
      <div className="runs-row runs-names" role="row" aria-rowindex={1}>
        {["Run", "Status", "Started", "Took", "Frames"].map((name) => (
          <span key={name} role="columnheader">
            {name}
          </span>
        ))}
      </div>
      <div ref={scroller} className="runs-scroll" role="rowgroup" tabIndex={0} aria-label="Rows">
        <div role="presentation" style={{ height: list.getTotalSize(), position: "relative" }}>
          {items.map(({ index, key, start }) => (
            <Row key={key} row={rows[index] as RunRow} index={index} top={start} />
          ))}
        </div>
      </div>
    </div>
  );
}

function Row({ row, index, top }: { row: RunRow; index: number; top: number }) {
  const took = row.durationMs ?? (row.ended ? Date.parse(row.ended) - Date.parse(row.started) : null);
  return (
    <div
      className="runs-row"
      role="row"
      aria-rowindex={index + 2}
      style={{ position: "absolute", top, height: ROW, width: "100%" }}
    >
      <span role="cell" className="runs-name">
        <Link href={addressOf({ screen: "run", id: row.run, seq: null, node: null, diff: null })}>
          {row.name || row.workflow.id}
        </Link>
        <code>{row.run.slice(-6)}</code>
        {row.forkOf && (
          <span className="runs-fork" title={`Fork of ${row.forkOf.run} at ${row.forkOf.at}`}>
            <GitFork size={12} aria-label="Fork" /> {row.mode === "dry" && "dry"}
          </span>
        )}
        {row.forks !== undefined && row.forks > 0 && (
          <span className="text-ink-soft">{counted(row.forks, "fork")}</span>
        )}
      </span>
      <span role="cell">
        <StatusDot status={row.status} named />
      </span>
      <span role="cell" title={new Date(row.started).toLocaleString()}>
        {ago(row.started)}
      </span>
      <span role="cell">{took === null ? "" : duration(took)}</span>
      <span role="cell">
        {row.frames.toLocaleString("en")}
        {row.failedFrames > 0 && <span className="text-failed"> · {row.failedFrames.toLocaleString("en")} failed</span>}
      </span>
    </div>
  );
}
