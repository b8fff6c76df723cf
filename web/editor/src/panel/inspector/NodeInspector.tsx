/** One node: its parameters, what went in and came out, its settings, its documentation, its problems. */
import { MessageCircle } from "lucide-react";
import { Tabs } from "radix-ui";
import { useId, useMemo, useRef } from "react";
import type * as Y from "yjs";
import { DescribeCode } from "../../ai/DescribeCode";
import type { NodeId, NodeSpec, Problem, RunId, WorkflowNode } from "../../api/types";
import { NodeIcon } from "../../canvas/icons";
import { useProblemsOf } from "../../canvas/problems";
import { Talk } from "../../collab/comments/Talk";
import { useOpenThreads } from "../../collab/comments/useThreads";
import type { Specs } from "../../document/load";
import { useNode, useWorkflow } from "../../document/useDocument";
import { LastChanged } from "../../history/LastChanged";
import { fieldsOf } from "../../lib/schema";
import { Form } from "../Form";
import { asSettings, openProblem, usePanel } from "../problems";
import { ProblemRow, whereOf } from "../ProblemList";
import { HeldType } from "../reuse/HeldType";
import { MakeType } from "../reuse/MakeType";
import { useFrame } from "../runView";
import { nodeFields, nodeSettings, nodeSettingsTarget } from "../settings";
import { useSurroundings } from "../surroundings";
import { nodeTarget } from "../target";
import type { RunView } from "../runView";
import { FrameTab } from "./FrameTab";
import { NodeDocs } from "./NodeDocs";
import { NodeRunBar } from "./NodeRunBar";
import { useFocus } from "./useFocus";

interface NodeInspectorProps {
  doc: Y.Doc;
  id: NodeId;
  specs: Specs;
  /** The moment of a run whose values are shown and tried. */
  view: RunView | null;
  readOnly: boolean;
  onRun: ((run: RunId) => void) | undefined;
}

export function NodeInspector(props: NodeInspectorProps) {
  const node = useNode(props.doc, props.id);
  if (!node) return <p className="panel-empty">This node is gone.</p>;
  return <Shown {...props} node={node} spec={props.specs.get(node.type)} />;
}

type ShownProps = NodeInspectorProps & { node: WorkflowNode; spec: NodeSpec | undefined };

const TABS = [
  ["parameters", "Parameters"],
  ["input", "Input"],
  ["output", "Output"],
  ["settings", "Settings"],
  ["docs", "Docs"],
  ["problems", "Problems"],
  ["comments", "Comments"],
] as const;

function Shown(props: ShownProps) {
  const { doc, id, specs, spec, node, view, readOnly, onRun } = props;
  const tab = usePanel((panel) => panel.tab);
  const problems = useProblemsOf(id);
  const said = useOpenThreads({ node: id });
  const seen = useFrame(view, id);
  const root = useRef<HTMLDivElement>(null);
  useFocus(root, id, tab);
  const frame = seen.kind === "frame" ? seen.frame : null;
  const values = { frame, seen, node };
  return (
    <div ref={root} className="panel">
      <Title node={node} spec={spec} />
      <LastChanged doc={doc} node={id} />
      {!readOnly && <NodeRunBar doc={doc} node={node} frame={frame} onRun={onRun} />}
      <Tabs.Root className="panel-tabs" value={tab} onValueChange={(next) => usePanel.setState({ tab: next })}>
        <Tabs.List className="panel-tablist" aria-label="About this node">
          {TABS.map(([key, word]) => (
            <Tabs.Trigger key={key} value={key} className="panel-tab">
              {key === "comments" ? <CommentsMark /> : word}
              {key === "comments" && said > 0 && <span className="panel-count panel-said">{said}</span>}
              {key === "problems" && problems.length > 0 && <span className="panel-count">{problems.length}</span>}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Tabs.Content value="parameters" className="panel-body" tabIndex={-1}>
          <Parameters {...props} problems={problems} />
        </Tabs.Content>
        <Tabs.Content value="comments" className="panel-body">
          <Talk about={{ node: id }} />
        </Tabs.Content>
        <Tabs.Content value="input" className="panel-body">
          <FrameTab {...values} side="input" />
        </Tabs.Content>
        <Tabs.Content value="output" className="panel-body">
          <FrameTab {...values} side="output" />
        </Tabs.Content>
        <Tabs.Content value="settings" className="panel-body" tabIndex={-1}>
          <Settings {...props} problems={problems} />
        </Tabs.Content>
        <Tabs.Content value="docs" className="panel-body">
          <NodeDocs spec={spec} type={node.type} />
        </Tabs.Content>
        <Tabs.Content value="problems" className="panel-body">
          <NodeProblems {...props} specs={specs} problems={problems} />
        </Tabs.Content>
      </Tabs.Root>
    </div>
  );
}

/** Of seven tabs this is the last, and the names of all have no room. */
function CommentsMark() {
  return (
    <>
      <MessageCircle size={14} aria-hidden />
      <span className="sr-only">Comments</span>
    </>
  );
}

function Title({ node, spec }: { node: WorkflowNode; spec: NodeSpec | undefined }) {
  return (
    <header className="panel-head">
      <NodeIcon name={spec?.icon} />
      <div className="panel-heading">
        <h2>{node.name ?? spec?.title ?? node.id}</h2>
        <p>
          {spec?.title ?? node.type} · <code title="What expressions call it">{node.id}</code>
          {node.disabled && " · passed over"}
        </p>
      </div>
    </header>
  );
}

type WithProblems = ShownProps & { problems: readonly Problem[] };

const NO_PARAMS = {};

function Parameters({ doc, id, node, spec, specs, problems, view, readOnly }: WithProblems) {
  const workflow = useWorkflow(doc);
  const surroundings = useSurroundings(workflow, node, view);
  const target = useMemo(() => nodeTarget(doc, id, specs, readOnly), [doc, id, specs, readOnly]);
  const fields = useMemo(() => (spec ? fieldsOf(spec.params, spec) : []), [spec]);
  if (node.type.startsWith("workspace.")) {
    return <HeldType doc={doc} node={node} spec={spec} readOnly={readOnly} />;
  }
  if (!spec) return <p className="panel-empty">This service has no node type {node.type}.</p>;
  if (fields.length === 0) return <p className="panel-empty">Nothing to set.</p>;
  return (
    <>
      {node.type === "code.rhai" && !readOnly && <DescribeCode doc={doc} node={id} />}
      <Form
        fields={fields}
        values={node.params ?? NO_PARAMS}
        target={target}
        problems={problems}
        surroundings={surroundings}
      />
      {node.type === "code.rhai" && !readOnly && <MakeType doc={doc} node={node} />}
    </>
  );
}

function Settings({ doc, id, node, problems, readOnly }: WithProblems) {
  const values = useMemo(() => nodeSettings(node), [node]);
  const target = useMemo(() => nodeSettingsTarget(doc, id, readOnly), [doc, id, readOnly]);
  const fields = useMemo(() => nodeFields(values), [values]);
  const own = useMemo(() => asSettings(problems), [problems]);
  return <Form fields={fields} values={values} target={target} problems={own} />;
}

function NodeProblems({ doc, specs, problems }: WithProblems) {
  const workflow = useWorkflow(doc);
  const listId = useId();
  if (problems.length === 0) return <p className="panel-empty">No problems here.</p>;
  return (
    <ul id={listId} className="problem-list" aria-label="Problems of this node">
      {problems.map((problem, at) => (
        <li key={at}>
          <ProblemRow
            problem={problem}
            where={whereOf(problem, workflow, specs)}
            open={() => openProblem(doc, problem)}
          />
        </li>
      ))}
    </ul>
  );
}
