/** What brings order: places, groups, notes, and the way back. */
import type * as Y from "yjs";
import { edit } from "../../document/edit";
import { addNote, group, moveNodes, ungroup } from "../../document/edits";
import { historyOf } from "../../document/history";
import type { Specs } from "../../document/load";
import { viewOf } from "../../document/view";
import { counted } from "../../lib/words";
import { say } from "../../ui/say";
import { arrange } from "../arrange";
import { groupFlowId, noteFlowId } from "../flowTypes";
import { layoutJob } from "../layoutJob";
import { onScreen } from "../onScreen";
import { select, selectedGroups, selectedSteps } from "../selection";
import { settle } from "../settle";
import { useSettings } from "../settings";
import { GRID } from "../size";
import { fit, middleOf, type Flow } from "./view";

export function ordering(doc: Y.Doc, specs: Specs, flow: Flow) {
  return {
    group: () => {
      const ids = selectedSteps();
      if (ids.length > 0) select([groupFlowId(group(doc, ids))]);
    },
    ungroup: () => edit(doc, "Ungroup", () => selectedGroups().forEach((key) => ungroup(doc, key))),
    note: () => {
      const at = onScreen.pointer ? flow.screenToFlowPosition(onScreen.pointer) : middleOf(flow);
      select([noteFlowId(addNote(doc, at))]);
      requestAnimationFrame(() => document.querySelector<HTMLElement>(".note.selected textarea")?.focus());
    },
    layout: () => {
      const { density } = useSettings.getState();
      const job = layoutJob(viewOf(doc).get(), { specs, density, placed: new Map() });
      void arrange(job).then((positions) => {
        moveNodes(doc, positions);
        requestAnimationFrame(() => void fit(flow));
        say(`Arranged ${counted(Object.keys(positions).length, "node")}.`);
      });
    },
    undo: () => {
      const label = historyOf(doc).undo();
      say(label === null ? "Nothing to undo." : `Undone: ${label}.`);
    },
    redo: () => {
      const label = historyOf(doc).redo();
      say(label === null ? "Nothing to redo." : `Done again: ${label}.`);
    },
    moveLeft: () => nudge(doc, flow, -1, 0),
    moveRight: () => nudge(doc, flow, 1, 0),
    moveUp: () => nudge(doc, flow, 0, -1),
    moveDown: () => nudge(doc, flow, 0, 1),
  };
}

/** One step on the grid. Pressing on is one edit. */
function nudge(doc: Y.Doc, flow: Flow, dx: number, dy: number) {
  const ids = new Set(selectedSteps());
  const moved = flow.nodes().filter((node) => ids.has(node.id) && !ids.has(node.parentId ?? ""));
  if (moved.length === 0) return;
  const places = moved.map(({ id, position: { x, y } }) => [id, { x: x + dx * GRID, y: y + dy * GRID }]);
  edit(
    doc,
    "Move",
    () => {
      settle(doc, flow.nodes());
      moveNodes(doc, Object.fromEntries(places));
    },
    `nudge ${[...ids].join(" ")}`,
  );
}
