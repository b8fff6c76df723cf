/** The workflow that is being edited in this page, for what stands beside the editor and needs it as it is now. */
import type * as Y from "yjs";
import type { Workflow } from "../api/types";
import { viewOf } from "./view";

let edited: { id: string; doc: Y.Doc } | null = null;

/** Says that this document is being edited; the answer says that it no longer is. */
export function editing(id: string, doc: Y.Doc): () => void {
  const mine = { id, doc };
  edited = mine;
  return () => {
    if (edited === mine) edited = null;
  };
}

/** The workflow with this id as it stands in the editor, saved or not; null when it is not being edited here. */
export const draftOf = (id: string): Workflow | null => (edited?.id === id ? viewOf(edited.doc).get().workflow : null);
