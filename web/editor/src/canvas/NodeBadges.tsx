/** What stands at the right end of a node: problems, a pin, and what the run did. */
import { MessageCircle, Pin, TriangleAlert, Wrench } from "lucide-react";
import type { Problem, WorkflowNode } from "../api/types";
import { useOpenThreads } from "../collab/comments/useThreads";
import { counted, duration } from "../lib/words";
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
  const said = useOpenThreads({ node: id });
  return (
    <span className="step-badges">
      {"pinned" in node && <Pin size={12} aria-label="Output is pinned" className="text-accent" />}
      {said > 0 && (
        <span
          className="said-count"
          role="img"
          aria-label={counted(said, "open thread")}
          title={counted(said, "open thread")}
        >
          <MessageCircle size={12} aria-hidden /> {said}
        </span>
      )}
      {problems.length > 0 && <ProblemBadge problems={problems} />}
      {status?.status === "FAILED" && <Mend node={id} />}
      {status && <RunBadge status={status} />}
    </span>
  );
}

/** Looks for a fix of what failed here. */
function Mend({ node }: { node: string }) {
  return (
    <button
      type="button"
      className="step-fix nodrag nopan"
      title="Look for a fix"
      aria-label="Fix"
      onClick={(event) => {
        event.stopPropagation();
        void import("../ai/shown").then(({ askFixOf }) => askFixOf(node));
      }}
    >
      <Wrench size={12} aria-hidden />
    </button>
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
