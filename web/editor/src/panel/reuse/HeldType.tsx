/** In place of parameters: which version of a workspace's node type this workflow holds, and the newest when it is another. */
import type * as Y from "yjs";
import type { NodeSpec, WorkflowNode } from "../../api/types";
import { definitionIn, takeVersion } from "../../document/definitions";
import { useWorkflow } from "../../document/useDocument";

interface Props {
  doc: Y.Doc;
  node: WorkflowNode;
  /** Absent when the workspace has it no more. */
  spec: NodeSpec | undefined;
  readOnly: boolean;
}

export function HeldType({ doc, node, spec, readOnly }: Props) {
  const held = definitionIn(useWorkflow(doc), node.type);
  const newest = spec?.definition;
  if (!held && !newest) return <p className="panel-empty">This workspace has no node type {node.type}.</p>;
  const version = held?.version ?? newest?.version;
  return (
    <div className="held-type">
      <p>Version {version} of a node type of this workspace. It takes what comes in; there is nothing to set.</p>
      {!newest && <p className="text-ink-soft">It was taken off the palette. This workflow holds it and goes on.</p>}
      {held && newest && newest.version > held.version && !readOnly && (
        <button type="button" className="button" onClick={() => takeVersion(doc, node.type, newest)}>
          Update to version {newest.version}
        </button>
      )}
      <pre className="held-code">{(held ?? newest)?.code}</pre>
    </div>
  );
}
