/** A patch in the document: one transaction, one step of undo, however many edits it has. */
import type * as Y from "yjs";
import type { Workflow } from "../api/types";
import { edit } from "./edit";
import { LOADED, type Specs } from "./load";
import { merge } from "./merge";
import { patched, PatchError, type Patch } from "./patch";
import { project } from "./project";
import { reconcile } from "./reconcile";

/** Throws a `PatchError`, and changes nothing, when an edit has nothing to act on. */
export function applyPatch(doc: Y.Doc, patch: Patch, label: string, specs: Specs) {
  const wanted = patched(project(doc), patch);
  edit(doc, label, () => reconcile(doc, wanted, specs));
}

/** A change that the service has made: what it was made to, what came of it, and the patch between. */
export interface Made {
  base: Workflow;
  theirs: Workflow;
  patch: Patch;
}

/**
 * Brings a document to a version that the service made by a patch. The patch is this person's edit and can be undone;
 * what else the service has, because somebody else saved meanwhile, is not.
 */
export function takeOver(doc: Y.Doc, { base, theirs, patch }: Made, label: string, specs: Specs) {
  try {
    applyPatch(doc, patch, label, specs);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    // Something was edited while the service answered: both changes, in one step.
    const merged = merge(base, project(doc), theirs);
    return edit(doc, label, () => reconcile(doc, merged, specs));
  }
  const merged = merge(base, project(doc), theirs);
  doc.transact(() => reconcile(doc, merged, specs), LOADED);
}
