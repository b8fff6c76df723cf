/** Over the canvas while an older version is shown: which one, what has changed since, and the ways on. */
import { GitBranch, Undo2 } from "lucide-react";
import { useEffect, useMemo } from "react";
import type * as Y from "yjs";
import { changesOf } from "../ai/changes";
import { ghostsOf } from "../ai/ghostsOf";
import { leave } from "../ai/review";
import { Tally } from "../ai/ReviewBar";
import { useReview } from "../ai/reviewStore";
import { ServiceError } from "../api/client";
import { useKeys } from "../app/keys";
import { clearGhosts, showGhosts } from "../canvas/ghosts";
import type { Opened } from "../document/open";
import { useWorkflow } from "../document/useDocument";
import { ago } from "../lib/words";
import type { Version } from "./api";
import { openVersions, openWindow, showVersion, useHistoryPanel } from "./historyStore";
import { restoreVersion } from "./restoring";
import type { ShownVersion } from "./useShownVersion";
import { useVersions } from "./useVersions";
import { authorsWords, clockOf, dayOf } from "./words";
import "../ai/ai.css";
import "./history.css";

interface BarProps {
  id: string;
  shown: ShownVersion;
  opened: Opened;
  canEdit: boolean;
}

const toNow = () => showVersion(null);

export function VersionBar({ id, shown, opened, canEdit }: BarProps) {
  const { rows } = useVersions(id);
  const row = rows.find(({ hash }) => hash === shown.hash);
  const isCurrent = rows[0]?.hash === shown.hash;
  const restore = () => void restoreVersion(id, shown.hash, opened);
  useKeys({ backToNow: toNow, ...(canEdit && !isCurrent && { restoreVersion: restore }) });
  useAlone();
  return (
    <section className="review version-bar" aria-label="The version that is shown" data-keys="canvas">
      <div className="review-row">
        <p className="version-bar-words" role="status">
          {shown.error ? <Wrong error={shown.error} /> : <Which row={row} hash={shown.hash} isCurrent={isCurrent} />}
        </p>
        {shown.read && <Since read={shown.read} live={opened.doc} />}
        {canEdit && !isCurrent && shown.read && (
          <button type="button" className="button" onClick={restore}>
            <Undo2 size={14} aria-hidden /> Restore
          </button>
        )}
        {canEdit && shown.read && (
          <button type="button" className="button" onClick={() => openWindow({ kind: "branch", hash: shown.hash })}>
            <GitBranch size={14} aria-hidden /> Branch from here
          </button>
        )}
        <button type="button" className="button primary" onClick={toNow}>
          Back to now
        </button>
      </div>
      <More />
    </section>
  );
}

function Which({ row, hash, isCurrent }: { row: Version | undefined; hash: string; isCurrent: boolean }) {
  if (!row) return <b>Version {hash.slice(0, 7)}</b>;
  const when = row.savedAt ? `${dayOf(row.savedAt)}, ${clockOf(row.savedAt)}` : "";
  return (
    <>
      <b>{row.name ?? (when || `Version ${hash.slice(0, 7)}`)}</b>{" "}
      <span className="ai-quiet" title={row.savedAt ?? undefined}>
        {authorsWords(row.authors)}
        {row.savedAt && `, ${ago(row.savedAt)}`}
        {isCurrent ? " · the current version" : " · looked at, not changed"}
      </span>
    </>
  );
}

function Wrong({ error }: { error: Error }) {
  const hint = error instanceof ServiceError ? error.hint : undefined;
  return (
    <span className="text-failed">
      This version cannot be shown: {error.message}
      {hint && `. ${hint}`}
    </span>
  );
}

/** What has changed from the version until now, drawn on it. */
function Since({ read: { workflow, doc }, live }: { read: NonNullable<ShownVersion["read"]>; live: Y.Doc }) {
  const now = useWorkflow(live);
  const changes = useMemo(() => changesOf(workflow, now), [workflow, now]);
  useEffect(() => {
    showGhosts(ghostsOf(changes, doc, new Set()));
  }, [changes, doc]);
  useEffect(() => clearGhosts, []);
  const count = changes.nodes.length + changes.edges.length;
  return (
    <span className="version-since">
      {count === 0 ? "the same graph as now" : "since then"} <Tally changes={changes} />
    </span>
  );
}

/** A proposal and a version are not drawn over one another. */
function useAlone() {
  useEffect(() => {
    if (useReview.getState().proposal) leave();
    return useReview.subscribe(({ proposal }) => proposal && toNow());
  }, []);
}

function More() {
  const isOpen = useHistoryPanel((panel) => panel.isOpen);
  if (isOpen) return null;
  return (
    <button type="button" className="review-more" onClick={openVersions}>
      All versions, and every value that differs
    </button>
  );
}
