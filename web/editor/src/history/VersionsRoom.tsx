/** The versions of a workflow, the newest first, by day. One of them can be looked at. */
import { useMemo, useState, type KeyboardEvent } from "react";
import type { RunId } from "../api/types";
import { usePlace } from "../app/router";
import type { Opened } from "../document/open";
import { useWorkflow } from "../document/useDocument";
import { useRun } from "../run/runStore";
import { ServiceError } from "../api/client";
import type { Version } from "./api";
import { showVersion } from "./historyStore";
import { namesIn, useVersion, useVersions } from "./useVersions";
import { VersionRow } from "./VersionRow";
import { byDay } from "./words";

interface RoomProps {
  workflow: string;
  opened: Opened;
  /** The run that is shown under the canvas. */
  run: RunId | null;
}

export function VersionsRoom({ workflow, opened, run }: RoomProps) {
  const place = usePlace();
  const shown = place.screen === "workflow" ? (place.version ?? null) : null;
  const { list, rows, reread } = useVersions(workflow);
  const [chosenAt, setChosenAt] = useState<string | null>(null);
  const executed = useRun(({ detail }) => (detail?.run === run ? (detail?.workflow.hash ?? null) : null));
  const now = useWorkflow(opened.doc);
  const old = useVersion(workflow, shown).data;
  const nameOf = useMemo(() => namesIn(old, now), [old, now]);
  const numbered = rows.map((row, at) => ({ ...row, at }));
  const open = openRow(rows, shown, chosenAt);
  const choose = (row: Version & { at: number }) => {
    setChosenAt(row.savedAt ?? null);
    showVersion(row.at === open ? null : row.hash);
  };
  return (
    <div className="ai-room versions" onKeyDown={moveByArrows}>
      <button
        type="button"
        className="version-now"
        data-first
        data-version
        aria-pressed={shown === null}
        onClick={() => showVersion(null)}
      >
        As it is now
        <span className="ai-quiet">what is on the canvas is edited and saved as you type</span>
      </button>
      {list.error && <Wrong error={list.error} onAgain={() => void list.refetch()} />}
      {list.isPending && <p className="ai-quiet">Reading the history…</p>}
      {byDay(numbered).map(({ day, rows: ofDay }) => (
        <section key={`${day} ${ofDay[0]?.at}`} aria-label={day}>
          <h3 className="version-day">{day}</h3>
          <ol>
            {ofDay.map((row) => (
              <VersionRow
                key={`${row.hash} ${row.savedAt}`}
                workflow={workflow}
                opened={opened}
                row={row}
                before={rows[row.at + 1]?.hash ?? null}
                isFirst={row.at === rows.length - 1 && !list.hasNextPage}
                isCurrent={row.at === 0}
                isOpen={row.at === open}
                isExecuted={row.hash === executed}
                nameOf={nameOf}
                onChoose={() => choose(row)}
                onChanged={reread}
              />
            ))}
          </ol>
        </section>
      ))}
      {list.hasNextPage && (
        <button
          type="button"
          className="button version-more"
          data-version
          disabled={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {list.isFetchingNextPage ? "Reading…" : "Older versions"}
        </button>
      )}
    </div>
  );
}

/** A version that was saved again later is there twice; the one that was chosen is open. */
function openRow(rows: readonly Version[], shown: string | null, chosenAt: string | null): number {
  if (shown === null) return -1;
  const exact = rows.findIndex(({ hash, savedAt }) => hash === shown && (savedAt ?? null) === chosenAt);
  return exact >= 0 ? exact : rows.findIndex(({ hash }) => hash === shown);
}

/** The arrow keys lead from version to version. */
function moveByArrows(event: KeyboardEvent<HTMLElement>) {
  const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (by === 0 || !(event.target as Element).matches("[data-version]")) return;
  event.preventDefault();
  event.stopPropagation();
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-version]")];
  rows[rows.indexOf(event.target as HTMLElement) + by]?.focus();
}

export function Wrong({ error, onAgain }: { error: Error; onAgain?: () => void }) {
  const hint = error instanceof ServiceError ? error.hint : undefined;
  return (
    <div className="ai-problem" role="alert">
      <span>{error.message}</span>
      {hint && <span className="ai-quiet">{hint}</span>}
      {onAgain && (
        <button type="button" className="button" onClick={onAgain}>
          Try again
        </button>
      )}
    </div>
  );
}
