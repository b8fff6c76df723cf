/** What stands at the right end of a node: problems, a pin, and what the run did. */
import { Pin, TriangleAlert } from "lucide-react";
import type { Problem, WorkflowNode } from "../api/types";
import { duration } from "../lib/words";
import type { NodeRunStatus } from "../run/statusStore";
import { StatusDot } from "../ui/StatusDot";
import { useProblemsOf } from "./problems";

export function NodeBadges({
  id,
  node,
  status,
}: {
  id: string;
  node: WorkflowNode;
  status: NodeRunStatus | undefined;
}) {
  const problems = useProblemsOf(id);
  return (
    <span className="step-badges">
      {"pinned" in node && <Pin size={12} aria-label="Output is pinned" className="text-accent" />}
      {problems.length > 0 && <ProblemBadge problems={problems} />}
      {status && <RunBadge status={status} />}
    </span>
  );
}

function ProblemBadge({ problems }: { problems: readonly Problem[] }) {
  const wrong = problems.some((problem) => problem.severity === "error");
  const text = problems.map((problem) => problem.message).join("\n");
  return (
    <span className={wrong ? "text-failed" : "text-waiting"} title={text} role="img" aria-label={`Problems: ${text}`}>
      <TriangleAlert size={14} aria-hidden />
    </span>
  );
}

function RunBadge({ status: { status, ms, count, attempt, progress } }: { status: NodeRunStatus }) {
  const rounds = progress
    ? `${progress.done}${progress.of === null ? "" : `/${progress.of}`}`
    : count > 1
      ? `×${count}`
      : "";
  return (
    <span className="run-badge">
      {attempt > 1 && <span title="Attempts">#{attempt}</span>}
      {rounds && <span>{rounds}</span>}
      {ms !== null && <span>{duration(ms)}</span>}
      <StatusDot status={status} />
    </span>
  );
}
