/** Several selected nodes: which they are, and what can be done with all of them. */
import { Eye, EyeOff, Trash2 } from "lucide-react";
import type * as Y from "yjs";
import type { NodeId } from "../../api/types";
import { NodeIcon } from "../../canvas/icons";
import { useProblems } from "../../canvas/problems";
import { select } from "../../canvas/selection";
import * as edits from "../../document/edits";
import type { Specs } from "../../document/load";
import { useWorkflow } from "../../document/useDocument";
import { counted } from "../../lib/words";

interface SeveralNodesProps {
  doc: Y.Doc;
  nodes: readonly NodeId[];
  specs: Specs;
  readOnly: boolean;
}

export function SeveralNodes({ doc, nodes, specs, readOnly }: SeveralNodesProps) {
  const workflow = useWorkflow(doc);
  const byNode = useProblems((store) => store.byNode);
  const chosen = workflow.graph.nodes.filter(({ id }) => nodes.includes(id));
  const allOff = chosen.every(({ disabled }) => disabled === true);
  return (
    <div className="panel">
      <header className="panel-head">
        <div className="panel-heading">
          <h2>{counted(chosen.length, "node")}</h2>
        </div>
      </header>
      {!readOnly && (
        <div className="panel-actions" role="toolbar" aria-label="All selected nodes">
          <button type="button" className="button-plain" onClick={() => edits.setDisabled(doc, nodes, !allOff)}>
            {allOff ? <Eye size={13} aria-hidden /> : <EyeOff size={13} aria-hidden />}
            {allOff ? "Enable all" : "Pass over all"}
          </button>
          <button type="button" className="button-plain" onClick={() => edits.removeNodes(doc, nodes)}>
            <Trash2 size={13} aria-hidden /> Delete all
          </button>
        </div>
      )}
      <ul className="panel-body several">
        {chosen.map((node) => {
          const spec = specs.get(node.type);
          const problems = byNode.get(node.id)?.length ?? 0;
          return (
            <li key={node.id}>
              <button type="button" className="problem-row" onClick={() => select([node.id])}>
                <NodeIcon name={spec?.icon} size={14} />
                <span className="problem-message">{node.name ?? spec?.title ?? node.id}</span>
                {problems > 0 && <span className="panel-count">{problems}</span>}
                <span className="several-type">{spec?.title ?? node.type}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
