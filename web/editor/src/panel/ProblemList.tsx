/** Every complaint about the workflow; a click leads to the field. */
import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import type * as Y from "yjs";
import type { Problem, Workflow } from "../api/types";
import { useProblems } from "../canvas/problems";
import type { Specs } from "../document/load";
import { useWorkflow } from "../document/useDocument";
import { About } from "./fields/About";
import { openProblem } from "./problems";
import "./panel.css";

interface ProblemListProps {
  doc: Y.Doc;
  specs: Specs;
  /** Also, before the field is led to. */
  onOpen?: (problem: Problem) => void;
}

export function ProblemList({ doc, specs, onOpen }: ProblemListProps) {
  const all = useProblems((store) => store.all);
  const workflow = useWorkflow(doc);
  if (all.length === 0) {
    return (
      <p className="panel-empty">
        <CircleCheck size={15} aria-hidden className="text-completed" /> No problems
      </p>
    );
  }
  const open = (problem: Problem) => {
    onOpen?.(problem);
    openProblem(doc, problem);
  };
  const sorted = [...all].sort((a, b) => rank(a) - rank(b));
  return (
    <ul className="problem-list" aria-label="Problems">
      {sorted.map((problem, at) => (
        <li key={at}>
          <ProblemRow problem={problem} where={whereOf(problem, workflow, specs)} open={() => open(problem)} />
        </li>
      ))}
    </ul>
  );
}

const rank = ({ severity }: Problem) => (severity === "error" ? 0 : 1);

interface ProblemRowProps {
  problem: Problem;
  where: string;
  open: () => void;
}

export function ProblemRow({ problem: { severity, message, hint }, where, open }: ProblemRowProps) {
  const wrong = severity === "error";
  const Icon = wrong ? CircleAlert : TriangleAlert;
  return (
    <button type="button" className="problem-row" onClick={open}>
      <Icon
        size={14}
        role="img"
        aria-label={wrong ? "Error" : "Warning"}
        className={wrong ? "text-failed" : "text-waiting"}
      />
      <span className="problem-text">
        <span className="problem-message">
          <About text={message} />
        </span>
        {hint && (
          <span className="problem-hint">
            <About text={hint} />
          </span>
        )}
        <span className="problem-where">{where}</span>
      </span>
    </button>
  );
}

/** Names for people: the node's label, the parameter's title, the line. */
export function whereOf({ place }: Problem, workflow: Workflow, specs: Specs): string {
  const node = workflow.graph.nodes.find(({ id }) => id === place.node);
  const edge = typeof place.edge === "number" ? workflow.graph.edges[place.edge] : undefined;
  const spec = node && specs.get(node.type);
  const [first = "", ...rest] = (place.param ?? "").replace(/^\//, "").split("/");
  const title = spec?.params.properties?.[first]?.title ?? first;
  return [
    node ? (node.name ?? spec?.title ?? node.id) : place.node,
    edge && `${edge.source} → ${edge.target}`,
    title && [title, ...rest].join(" / "),
    !place.param && !edge && place.field,
    place.line && `line ${place.line}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
