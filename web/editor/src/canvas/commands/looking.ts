/** What only moves the view or the selection. */
import { closePalette } from "../paletteStore";
import { isGhostNode } from "../ghosts";
import { stepBoxes, type StepBox } from "../boxes";
import { nearestIn } from "../place";
import { select, selectNothing, useSelection } from "../selection";
import { DENSITIES, useSettings } from "../settings";
import { fit, motionMs, reveal, revealAll, show, type Flow } from "./view";

export function looking(flow: Flow) {
  const step = (dx: number, dy: number) => {
    const boxes = stepBoxes(flow.nodes()).filter(({ id }) => !isGhostNode(id));
    const from = boxes.find((box) => box.id === [...useSelection.getState().nodes].at(-1));
    const next = from
      ? nearestIn(from, boxes, dx, dy)
      : boxes.reduce<StepBox | null>((a, b) => (a && a.x <= b.x ? a : b), null);
    if (!next) return;
    reveal(flow, next.id);
    show([next.id]);
  };
  return {
    left: () => step(-1, 0),
    right: () => step(1, 0),
    up: () => step(0, -1),
    down: () => step(0, 1),
    zoomReset: () => void flow.zoomTo(1, { duration: motionMs() }),
    fit: () => void fit(flow),
    zoomIn: () => void flow.zoomIn({ duration: motionMs() }),
    zoomOut: () => void flow.zoomOut({ duration: motionMs() }),
    selectAll: () =>
      select(
        flow.nodes().flatMap(({ id }) => (isGhostNode(id) ? [] : [id])),
        flow.edges().map(({ id }) => id),
      ),
    selectNone: () => {
      closePalette();
      selectNothing();
    },
    density: () =>
      useSettings.setState(({ density }) => ({
        density: DENSITIES[(DENSITIES.indexOf(density) + 1) % DENSITIES.length] ?? "normal",
      })),
    reveal: (id: string) => {
      reveal(flow, id);
      show([id]);
    },
    bring: (id: string) => reveal(flow, id),
    bringAll: (ids: ReadonlySet<string>) => revealAll(flow, ids),
    edit: () =>
      document
        .querySelector<HTMLElement>(
          "[data-pane=inspector] :is(input, textarea, select, [contenteditable=true], button)",
        )
        ?.focus(),
  };
}
