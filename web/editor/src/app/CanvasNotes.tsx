/** What is said in the corner of the canvas: what this person may do, what is proposed, what is talked about. */
import { Suspense } from "react";
import type * as Y from "yjs";
import { ViewerNote } from "../collab/ViewerNote";
import { ProposalChips, ThreadList } from "./slots";

export function CanvasNotes({ doc, readOnly }: { doc: Y.Doc; readOnly: boolean }) {
  return (
    <div className="canvas-notes">
      {readOnly && <ViewerNote />}
      <Suspense>
        <ProposalChips doc={doc} />
        <ThreadList doc={doc} />
      </Suspense>
    </div>
  );
}
