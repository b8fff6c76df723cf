/** One connection: what it connects, and what people say about it. */
import type * as Y from "yjs";
import { Talk } from "../../collab/comments/Talk";
import { useShown } from "../../document/useDocument";

export function EdgeInspector({ doc, id }: { doc: Y.Doc; id: string }) {
  const { workflow, edges } = useShown(doc);
  const edge = edges.find(({ key }) => key === id)?.value;
  if (!edge) return <p className="panel-empty">This connection is gone.</p>;
  const named = (node: string) => workflow.graph.nodes.find((each) => each.id === node)?.name ?? node;
  return (
    <div className="panel">
      <header className="panel-head">
        <div className="panel-heading">
          <h2>
            {named(edge.source)} → {named(edge.target)}
          </h2>
          <p>
            Connection · <code>{edge.sourcePort ?? "out"}</code> to <code>{edge.targetPort ?? "in"}</code>
          </p>
        </div>
      </header>
      <div className="panel-body">
        <Talk about={{ edge: id }} />
      </div>
    </div>
  );
}
