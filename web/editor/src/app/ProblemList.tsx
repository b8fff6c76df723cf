/** What is wrong with the workflow, and where. */
import { CircleCheck, TriangleAlert } from "lucide-react";
import { Popover } from "radix-ui";
import type { Problem } from "../api/types";
import { useProblems } from "../canvas/problems";
import { counted } from "../lib/words";

export function ProblemList({ onNode }: { onNode: (id: string) => void }) {
  const problems = useProblems((store) => store.all);
  const errors = problems.filter((problem) => problem.severity === "error").length;
  if (problems.length === 0) {
    return (
      <span className="saved" title="The service found no problems">
        <CircleCheck size={14} aria-hidden />
        No problems
      </span>
    );
  }
  return (
    <Popover.Root>
      <Popover.Trigger className={errors > 0 ? "saved problem" : "saved warning"}>
        <TriangleAlert size={14} aria-hidden />
        {counted(problems.length, "problem")}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover problems" sideOffset={8} align="start" aria-label="Problems">
          <ul>
            {problems.map((problem, at) => (
              <li key={at}>
                <One problem={problem} onNode={onNode} />
              </li>
            ))}
          </ul>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function One({ problem, onNode }: { problem: Problem; onNode: (id: string) => void }) {
  const { node, param } = problem.place;
  return (
    <button type="button" disabled={!node} onClick={() => node && onNode(node)}>
      <span className={problem.severity === "error" ? "text-failed" : "text-waiting"}>
        <TriangleAlert size={14} role="img" aria-label={problem.severity} />
      </span>
      <span>
        <span className="block">{problem.message}</span>
        {problem.hint && <span className="block text-xs text-ink-soft">{problem.hint}</span>}
        {node && (
          <span className="block font-mono text-xs text-ink-soft">
            {node}
            {param && `.${param}`}
          </span>
        )}
      </span>
    </button>
  );
}
