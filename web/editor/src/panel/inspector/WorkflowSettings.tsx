/** The workflow itself, when nothing is selected. */
import { useMemo, useRef } from "react";
import type * as Y from "yjs";
import type { Json } from "../../api/types";
import { useProblems } from "../../canvas/problems";
import { useWorkflow } from "../../document/useDocument";
import { counted } from "../../lib/words";
import { Form } from "../Form";
import { asSettings } from "../problems";
import { workflowFields, workflowTarget } from "../settings";
import { useFocus } from "./useFocus";

export function WorkflowSettings({ doc, readOnly }: { doc: Y.Doc; readOnly: boolean }) {
  const workflow = useWorkflow(doc);
  const { name, description, tags, config, graph } = workflow;
  const values = useMemo(() => {
    const all = { name, description, tags, ...config };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, Json>;
  }, [name, description, tags, config]);
  const fields = useMemo(() => workflowFields(values), [values]);
  const target = useMemo(() => workflowTarget(doc, readOnly), [doc, readOnly]);
  const all = useProblems((store) => store.all);
  const problems = useMemo(() => asSettings(all.filter(({ place }) => !place.node)), [all]);
  const root = useRef<HTMLDivElement>(null);
  useFocus(root, null, "settings");
  return (
    <div ref={root} className="panel">
      <header className="panel-head">
        <div className="panel-heading">
          <h2>Workflow</h2>
          <p>
            <code>{workflow.id}</code> · {counted(graph.nodes.length, "node")}
          </p>
        </div>
      </header>
      <div className="panel-body">
        <Form fields={fields} values={values} target={target} problems={problems} />
      </div>
    </div>
  );
}
