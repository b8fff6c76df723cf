/** Under the parameters of a script: the way to make it a node type of the workspace. */
import { Blocks } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type * as Y from "yjs";
import type { WorkflowNode } from "../../api/types";

const TypeDialog = lazy(async () => ({ default: (await import("./TypeDialog")).TypeDialog }));

export function MakeType({ doc, node }: { doc: Y.Doc; node: WorkflowNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <p className="make-type">
      <button type="button" className="button-plain" onClick={() => setOpen(true)}>
        <Blocks size={13} aria-hidden /> Make it a node type…
      </button>
      <Suspense>{isOpen && <TypeDialog doc={doc} node={node} onClose={() => setOpen(false)} />}</Suspense>
    </p>
  );
}
