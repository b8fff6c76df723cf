/** The last run of the workflow, offered and not forced: a workflow is opened to be looked at as often as to be run. */
import { useQuery } from "@tanstack/react-query";
import { listRuns } from "../api/runs";
import type { RunId } from "../api/types";
import { Avatars } from "../collab/Avatars";
import { ago } from "../lib/words";
import { STATUS_WORDS } from "../ui/StatusDot";

export function LastRun({ workflow, onShow }: { workflow: string; onShow: (run: RunId) => void }) {
  const { data } = useQuery({
    queryKey: ["runs", "last", workflow],
    // Without an answer nothing is offered; the list of runs says what is wrong.
    queryFn: () => listRuns({ workflow, limit: "1" }).catch(() => null),
  });
  const run = data?.items[0];
  if (!run) return null;
  return (
    <button
      type="button"
      className="last-run"
      title={`Show the run that began ${new Date(run.started).toLocaleString()}`}
      onClick={() => onShow(run.run)}
    >
      <span className="status-dot" data-status={run.status} aria-hidden />
      <span>
        Last run: {STATUS_WORDS[run.status].toLowerCase()} {ago(run.started)}
      </span>
      <Avatars of={({ place }) => place.run === run.run} what="is looking at it" />
      <b>Show</b>
    </button>
  );
}
