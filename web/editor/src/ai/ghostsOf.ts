/** A change as the canvas draws it over a document, which it does not become part of. */
import type * as Y from "yjs";
import type { NodeId } from "../api/types";
import { ghostKey, type Ghost, type Ghosts } from "../canvas/ghosts";
import { onScreen } from "../canvas/onScreen";
import { edgeEnds } from "../document/ends";
import { viewOf } from "../document/view";
import type { Changes } from "./changes";
import { ghostPlaces } from "./ghostPlaces";
import { shortValue } from "./words";

/** `focus`: the nodes that are looked at in particular. */
export function ghostsOf(changes: Changes, doc: Y.Doc, focus: ReadonlySet<NodeId>): Ghosts {
  const { nodes, edges } = viewOf(doc).get();
  const added = changes.nodes.filter(({ mark }) => mark === "added").map(({ node }) => node);
  const wires = changes.edges.filter(({ mark }) => mark === "added").map(({ edge }) => edge);
  const known = new Set(nodes.map(({ key }) => key));
  const places = ghostPlaces(
    added,
    [...edges.map(({ value }) => value), ...wires],
    onScreen.nodes.filter(({ id }) => known.has(id)),
  );
  return {
    added: added.map((node) => ({ key: node.id, value: { ...node, position: places.get(node.id) ?? { x: 0, y: 0 } } })),
    wires: wires.map((edge) => ({ key: ghostKey(edge), value: edge })),
    byNode: new Map(changes.nodes.map((change) => [change.id, ghostOf(change)])),
    byEnds: new Map(changes.edges.map(({ edge, mark }) => [edgeEnds(edge), mark])),
    focus,
  };
}

const ghostOf = ({ mark, values }: Changes["nodes"][number]): Ghost => ({
  mark,
  lines:
    mark === "changed"
      ? values.map(({ name, before, after }) => ({
          name: name.replace(/^params\./, ""),
          before: before === undefined ? null : shortValue(before),
          after: after === undefined ? null : shortValue(after),
        }))
      : [],
});
