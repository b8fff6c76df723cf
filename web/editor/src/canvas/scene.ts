import type { FlowEdge, FlowNode } from "./flowTypes";
import { absolute } from "./fromFlow";
import type { Scene, Shape } from "./paint";

/** What React Flow would draw, as plain boxes and lines. */
export function sceneOf(nodes: readonly FlowNode[], edges: readonly FlowEdge[]): Scene {
  const shapes = [...absolute(nodes).values()].map(({ node, x, y }): Shape => {
    const size = { x, y, width: node.width ?? 0, height: node.height ?? 0 };
    if (node.type === "note")
      return { ...size, id: node.id, title: node.data.note.text, kind: "note", disabled: false };
    if (node.type === "frame")
      return { ...size, id: node.id, title: node.data.group.title, kind: "group", disabled: false };
    const { node: step, spec } = node.data;
    const kind = node.type === "loop" ? "loop" : spec?.role === "trigger" ? "trigger" : "step";
    return {
      ...size,
      id: node.id,
      title: step.name ?? spec?.title ?? step.type,
      kind,
      disabled: step.disabled ?? false,
    };
  });
  const index = new Map(shapes.map(({ id }, at) => [id, at]));
  const pairs = edges.flatMap(({ source, target }): [number, number][] => {
    const [from, to] = [index.get(source), index.get(target)];
    return from === undefined || to === undefined ? [] : [[from, to]];
  });
  return { shapes, edges: pairs };
}
