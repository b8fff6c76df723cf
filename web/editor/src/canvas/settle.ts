import type * as Y from "yjs";
import { moveNodes } from "../document/edits";
import { viewOf } from "../document/view";
import { isStepId, type FlowNode } from "./flowTypes";

/**
 * Nodes that were only arranged so far keep their places from now on. Part of the first edit that writes a place, so that
 * nothing jumps when the workflow is opened again.
 */
export function settle(doc: Y.Doc, drawn: readonly FlowNode[]) {
  const view = viewOf(doc);
  const loose = drawn.filter((node) => isStepId(node.id) && view.node(node.id) && !view.node(node.id)?.position);
  if (loose.length > 0) moveNodes(doc, Object.fromEntries(loose.map(({ id, position }) => [id, position])));
}
