/** Edits of the workflow as a whole. */
import type * as Y from "yjs";
import type { Json, Workflow } from "../api/types";
import { edit } from "./edit";
import { NO_SPECS, type Specs } from "./load";
import { reconcile } from "./reconcile";
import { put, toPlain } from "./nested";
import { roots, within, type Fields } from "./shape";

type Field = "name" | "description" | "tags";

export function setMeta(doc: Y.Doc, field: Field, value: Json | undefined) {
  const { meta } = roots(doc);
  const typing = typeof value === "string" ? `meta/${field}` : undefined;
  edit(doc, `Change ${field}`, () => (value === undefined ? meta.delete(field) : meta.set(field, value)), typing);
}

export function setConfig(doc: Y.Doc, field: string, value: Json | undefined) {
  const config = within(roots(doc).meta, "config");
  edit(doc, `Change ${field}`, () => (field === "vars" ? put(config, field, value) : set(config, field, value)));
}

function set(config: Fields, field: string, value: Json | undefined) {
  if (value === undefined) config.delete(field);
  else config.set(field, toPlain(value));
}

/** Makes the document hold this workflow, as one step: an import, an older version, a template. */
export function replace(doc: Y.Doc, workflow: Workflow, label: string, specs: Specs = NO_SPECS) {
  edit(doc, label, () => reconcile(doc, workflow, specs));
}
