/** What a node says about itself in a line: its most telling parameters. */
import type { NodeSpec, WorkflowNode } from "../api/types";
import { oneLine } from "../lib/words";

/** Parameters that are set, in the order of the type's form. */
export function setParams(node: WorkflowNode, spec: NodeSpec | undefined): [string, string][] {
  const params = node.params ?? {};
  const order = spec?.params["x-order"] ?? [];
  const names = [
    ...order.filter((name) => name in params),
    ...Object.keys(params).filter((name) => !order.includes(name)),
  ];
  return names.map((name) => [name, oneLine(params[name])]);
}

export function summaryLine(node: WorkflowNode, spec: NodeSpec | undefined): string {
  const params = node.params ?? {};
  if (node.type === "http.request") return oneLine([params["method"] ?? "GET", params["url"] ?? ""].join(" "), 48);
  const values = setParams(node, spec).map(([, text]) => text);
  return oneLine(values.find((text) => text !== "") ?? spec?.title ?? node.type, 48);
}
