/** The node types of the workspace that a workflow uses: it holds their definitions, so later versions change nothing here. */
import type * as Y from "yjs";
import type { Definition, Workflow } from "../api/types";
import { edit } from "./edit";
import { roots, within } from "./shape";

const FIELD = "nodeTypes";
type Definitions = Record<string, Definition>;

const heldIn = (value: unknown): Definitions =>
  typeof value === "object" && value !== null ? (value as Definitions) : {};

/** The definition of a node type that a workflow holds. */
export const definitionIn = (workflow: Workflow, type: string): Definition | undefined => heldIn(workflow[FIELD])[type];

/** Holds a definition, unless one of the type is held already. Part of the edit that places a node. */
export function hold(doc: Y.Doc, type: string, definition: Definition | undefined) {
  const extra = within(roots(doc).meta, "extra");
  const held = heldIn(extra.get(FIELD));
  if (definition && !held[type]) extra.set(FIELD, { ...held, [type]: definition });
}

/** Takes another version of a node type for every node of it here. */
export function takeVersion(doc: Y.Doc, type: string, definition: Definition) {
  edit(doc, `Update ${definition.title}`, () => {
    const extra = within(roots(doc).meta, "extra");
    extra.set(FIELD, { ...heldIn(extra.get(FIELD)), [type]: definition });
  });
}
