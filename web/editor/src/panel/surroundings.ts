/** What the expressions of a node can name, read from the graph, and values for it from a run or from pins. */
import { useEffect, useMemo, useState } from "react";
import type { ExecutionFrame, Json, NodeId, Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { leftBy } from "../lib/output";
import { useSame } from "../lib/useSame";
import { getFrame } from "../run/api";
import { isPreview } from "../ui/json/kinds";
import { useFrame, type RunView } from "./runView";
import type { Scope, Surroundings } from "./scope";

/** Frames of earlier nodes that are read for completion: the nearest ones. */
const BEFORE_READ = 16;
const NO_VARS: Json = {};
/** A cut value up to this size is read whole, so that an expression can be tried with it before its node has run. */
const WHOLE_BYTES_MAX = 256 * 1024;

/** Ids of the nodes from which an edge leads here, the nearest first; in a loop also what is before the loop. */
export function nodesBefore({ graph }: Workflow, id: NodeId): NodeId[] {
  const parents = new Map(graph.nodes.map((node) => [node.id, node.parent]));
  const into = new Map<NodeId, NodeId[]>();
  for (const { source, target } of graph.edges) {
    const sources = into.get(target);
    if (sources) sources.push(source);
    else into.set(target, [source]);
  }
  const found = new Set<NodeId>();
  const queue = [id];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const source of into.get(at) ?? []) {
      if (source === id || found.has(source)) continue;
      found.add(source);
      queue.push(source);
    }
    const parent = parents.get(at);
    if (parent !== undefined && !queue.includes(parent)) queue.push(parent);
    parents.delete(at);
  }
  return [...found];
}

export function useSurroundings(workflow: Workflow, node: WorkflowNode, view: RunView | null): Surroundings {
  const { graph } = workflow;
  const into = graph.edges.filter(({ target }) => target === node.id);
  const entry = into.length === 1 ? into[0] : undefined;
  // The graph is another one with every keystroke; who stands before a node hardly ever.
  const before = useSame(nodesBefore({ graph } as Workflow, node.id));
  const pinned = useSame(pinnedOf(graph.nodes, before));
  const seen = useFrame(view, node.id);
  const outputs = useOutputs(view, before);
  const frame = seen.kind === "frame" ? seen.frame : null;
  const vars = useSame(workflow.config?.["vars"] ?? NO_VARS);
  return useMemo(() => {
    const scope =
      frame && view
        ? frameScope(frame, view, outputs, vars)
        : (comingScope(entry, outputs, vars) ?? pinnedScope(pinned, before, vars));
    return { scope, before, inLoop: node.parent !== undefined };
  }, [frame, view, outputs, vars, pinned, before, node.parent, entry]);
}

type Outputs = Record<NodeId, { output: Json }>;

function useOutputs(view: RunView | null, before: NodeId[]): Outputs {
  const [outputs, setOutputs] = useState<Outputs>({});
  useEffect(() => {
    if (!view) return;
    let left = false;
    const asked = before.slice(0, BEFORE_READ).map((id) => frameOf(view, id).catch(() => null));
    void Promise.all(asked).then((frames) => {
      const done = frames.filter((frame) => frame?.status === "COMPLETED");
      if (!left)
        setOutputs(Object.fromEntries(done.map((frame) => [frame?.nodeId, { output: frame?.output ?? null }])));
    });
    return () => {
      left = true;
    };
  }, [view, before]);
  return outputs;
}

/** The frame with its output as it is, unless that is very large. */
async function frameOf(view: RunView, node: NodeId): Promise<ExecutionFrame | null> {
  const frame = await view.frame(node);
  if (frame?.status !== "COMPLETED" || !isPreview(frame.output)) return frame;
  const { bytes } = (frame.output as { $preview: { bytes: number } }).$preview;
  return bytes > WHOLE_BYTES_MAX
    ? frame
    : { ...frame, output: (await getFrame(view.run, frame.openedSeq, "full")).output };
}

/** A node that has not run yet: what the one before it gave will come in. */
function comingScope(entry: WorkflowEdge | undefined, outputs: Outputs, vars: Json): Scope | null {
  const given = entry && outputs[entry.source];
  if (!given || isPreview(given.output)) return null;
  const whole = Object.entries(outputs).filter(([, { output }]) => !isPreview(output));
  const values = { input: leftBy(given.output, entry.sourcePort), nodes: Object.fromEntries(whole), vars };
  return { source: values, values, from: `the output of ${entry.source}` };
}

function frameScope(frame: ExecutionFrame, view: RunView, nodes: Outputs, vars: Json): Scope {
  const index = frame.path.findLast((step) => typeof step === "number");
  return {
    source: { run: view.run, frame: frame.openedSeq },
    values: { input: frame.input, nodes, vars, ...(typeof index === "number" && { index }) },
    from: `frame ${frame.openedSeq}`,
  };
}

const pinnedOf = (all: readonly WorkflowNode[], before: readonly NodeId[]) =>
  all.filter((node) => node.pinned !== undefined && node.pinned !== null && before.includes(node.id));

/** Without a run, what was pinned by hand can stand for it. */
function pinnedScope(pinned: readonly WorkflowNode[], before: NodeId[], vars: Json): Scope | null {
  if (pinned.length === 0) return null;
  const nodes: Outputs = Object.fromEntries(pinned.map((node) => [node.id, { output: node.pinned as Json }]));
  const nearest = nodes[before[0] ?? ""];
  const values = { nodes, vars, ...(nearest && { input: nearest.output }) };
  return { source: values, values, from: "pinned outputs" };
}
