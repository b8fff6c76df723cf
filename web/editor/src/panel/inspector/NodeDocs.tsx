/** The documentation that came with the node type. */
import type { NodeSpec } from "../../api/types";
import { Markdown } from "../Markdown";

export function NodeDocs({ spec, type }: { spec: NodeSpec | undefined; type: string }) {
  if (!spec) return <p className="panel-empty">This service has no node type {type}.</p>;
  return <Markdown text={spec.docs} />;
}
