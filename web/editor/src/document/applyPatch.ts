/** A patch in the document: one transaction, one step of undo, however many edits it has. */
import type * as Y from "yjs";
import { edit } from "./edit";
import type { Specs } from "./load";
import { patched, type Patch } from "./patch";
import { project } from "./project";
import { reconcile } from "./reconcile";

/** Throws a `PatchError`, and changes nothing, when an edit has nothing to act on. */
export function applyPatch(doc: Y.Doc, patch: Patch, label: string, specs: Specs) {
  const wanted = patched(project(doc), patch);
  edit(doc, label, () => reconcile(doc, wanted, specs));
}
