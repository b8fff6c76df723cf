/** What adds, changes and removes nodes. */
import type * as Y from "yjs";
import type { NodeId, NodeSpec, Position } from "../../api/types";
import { edit } from "../../document/edit";
import { connectAll, remove, setDisabled, ungroup } from "../../document/edits";
import type { Specs } from "../../document/load";
import { viewOf } from "../../document/view";
import type { Wire } from "../../document/wire";
import { stepBoxes } from "../boxes";
import { insert } from "../insert";
import { closePalette, openPalette, type PaletteAsk } from "../paletteStore";
import { inputPorts, outputPorts } from "../ports";
import { startRenaming } from "../renaming";
import { selectedGroups, selectedNotes, selectedSteps, selectNothing, soleStep, useSelection } from "../selection";
import { settle } from "../settle";
import { useSettings } from "../settings";
import { LOOP_HEAD } from "../size";
import { elementOf, middleOf, reveal, show, type Flow } from "./view";

export function building(doc: Y.Doc, specs: Specs, flow: Flow) {
  return {
    add: () => openPalette({ screen: besideSelected(), at: null }),
    insertOn: (edge: string, screen: Position) => openPalette({ screen, at: null, edge }),
    insertInto: (loop: NodeId, screen: Position) => openPalette({ screen, at: bodyOf(loop, flow) }),
    pick: (spec: NodeSpec, ask: PaletteAsk) => {
      closePalette();
      const { density } = useSettings.getState();
      const beside = soleStep(useSelection.getState());
      const into = { doc, specs, density, boxes: stepBoxes(flow.nodes()), beside, middle: middleOf(flow) };
      const id = edit(doc, `Add ${spec.title}`, () => {
        settle(doc, flow.nodes());
        return insert(spec, ask, into);
      });
      show([id]);
      requestAnimationFrame(() => reveal(flow, id));
    },
    rename: () => {
      const id = soleStep(useSelection.getState());
      if (id !== null) startRenaming(id);
    },
    disable: () => {
      const ids = selectedSteps();
      const areOff = ids.every((id) => viewOf(doc).node(id)?.disabled);
      if (ids.length > 0) setDisabled(doc, ids, !areOff);
    },
    delete: () => {
      edit(doc, "Delete", () => {
        for (const key of selectedGroups()) ungroup(doc, key);
        remove(doc, { nodes: selectedSteps(), edges: useSelection.getState().edges, notes: selectedNotes() });
      });
      selectNothing();
    },
    connect: () => {
      const wires = chain(doc, specs, flow);
      if (wires.length > 0) connectAll(doc, wires);
    },
  };
}

/** The middle of a loop's body. */
function bodyOf(loop: NodeId, flow: Flow): Position | null {
  const box = stepBoxes(flow.nodes()).find(({ id }) => id === loop);
  return box ? { x: box.x + box.width / 2, y: box.y + (box.height + LOOP_HEAD) / 2 } : null;
}

/** Right of the selected node, else at the head of the canvas; in the window. */
function besideSelected(): Position {
  const sole = soleStep(useSelection.getState());
  const node = sole === null ? null : elementOf(sole)?.getBoundingClientRect();
  if (node) return { x: node.right + 16, y: node.top };
  const pane = document.querySelector(".react-flow")?.getBoundingClientRect();
  return { x: (pane?.left ?? 0) + (pane?.width ?? 0) / 2 - 168, y: (pane?.top ?? 0) + 64 };
}

/** The selected nodes one after the other, from left to right, by their first ports. */
function chain(doc: Y.Doc, specs: Specs, flow: Flow): Wire[] {
  const chosen = new Set(selectedSteps());
  const order = stepBoxes(flow.nodes())
    .filter((box) => chosen.has(box.id))
    .sort((a, b) => a.x - b.x || a.y - b.y);
  return order.slice(1).flatMap((to, at) => {
    const from = order[at];
    const source = from && viewOf(doc).node(from.id);
    const target = viewOf(doc).node(to.id);
    const out = source && outputPorts(source, specs.get(source.type))[0];
    const into = target && inputPorts(specs.get(target.type))[0];
    return out && into ? [{ source: from.id, sourcePort: out.name, target: to.id, targetPort: into.name }] : [];
  });
}
