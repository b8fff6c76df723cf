/** The ports of a node as its type and parameters give them. */
import type { Json, NodeSpec, Port, WorkflowNode } from "../api/types";

const ERROR_PORT: Port = { name: "error", type: "record", about: "The failure, when the node fails." };

export function inputPorts(spec: NodeSpec | undefined): Port[] {
  return spec ? spec.inputs : [{ name: "in", type: "any", about: "" }];
}

/** The catalogue's outputs, those that parameters name (a switch), and `error` when failures leave by a port. */
export function outputPorts(node: WorkflowNode, spec: NodeSpec | undefined): Port[] {
  const standard = spec ? spec.outputs : [{ name: "out", type: "any", about: "" }];
  const named = node.type === "flow.switch" ? switchPorts(node) : [];
  return [...named, ...standard, ...(node.onError === "port" ? [ERROR_PORT] : [])];
}

/** Cases first, then rules, each name once: as the engine orders them. */
function switchPorts({ params = {} }: WorkflowNode): Port[] {
  const names = [params["cases"], params["rules"]].flatMap((list) =>
    Array.isArray(list) ? list.flatMap(portName) : [],
  );
  const wanted = [...new Set(names)].filter((name) => name !== "error" && name !== "default");
  return wanted.map((name) => ({ name, type: "any", about: "The input, when this way is taken." }));
}

function portName(entry: Json): string[] {
  const name = typeof entry === "object" && entry !== null && !Array.isArray(entry) ? entry["port"] : null;
  return typeof name === "string" && name ? [name] : [];
}

/** Whether a value from a port of one type may be meant for one of another. `any` goes with everything. */
export function fits(from: string, to: string): boolean {
  return from === to || from === "any" || to === "any";
}
