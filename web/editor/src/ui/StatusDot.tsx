/** A run's or frame's status as a coloured shape with a name. */
import type { Status } from "../api/types";

export const STATUS_WORDS: Record<Status, string> = {
  PENDING: "Pending",
  RUNNING: "Running",
  WAITING: "Waiting",
  COMPLETED: "Completed",
  FAILED: "Failed",
  SKIPPED: "Skipped",
  CANCELLED: "Cancelled",
  INTERRUPTED: "Interrupted",
};

export function StatusDot({ status, named = false }: { status: Status; named?: boolean }) {
  const dot = (
    <span
      className="status-dot"
      data-status={status}
      {...(named ? { "aria-hidden": true } : { role: "img", "aria-label": STATUS_WORDS[status] })}
    />
  );
  if (!named) return dot;
  return (
    <span className="inline-flex items-center gap-1.5">
      {dot}
      {STATUS_WORDS[status]}
    </span>
  );
}
