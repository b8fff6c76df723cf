/** A workflow that adds prices, for the tests in this folder of how it was changed, and by whom. */

/** A sum of three prices, with a text that tells it. */
export const SUM = {
  id: "sum",
  name: "Sum of prices",
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual", position: { x: 0, y: 96 } },
      {
        id: "total",
        type: "code.rhai",
        name: "Total",
        params: { code: "input.a + input.b" },
        position: { x: 288, y: 96 },
      },
      {
        id: "tell",
        type: "data.set",
        name: "Tell",
        params: { fields: { text: "The sum is {{ input }}" } },
        position: { x: 576, y: 96 },
      },
    ],
    edges: [
      { source: "start", target: "total" },
      { source: "total", target: "tell" },
    ],
  },
};

/** The workflow with another code of `Total`, and more of what else is said. */
export function changed(code, more = {}) {
  const next = structuredClone(SUM);
  next.graph.nodes[1].params.code = code;
  return Object.assign(next, more);
}
