/** Leads the keyboard from pane to pane: canvas, inspector, timeline, and round again. */
const FIRST = "input:not([disabled]), textarea, select, button:not([disabled]), a[href], [tabindex='0']";

export function nextPane() {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")];
  const here = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes[(here + 1) % panes.length];
  if (!next) return;
  const target =
    next.dataset["pane"] === "canvas"
      ? (next.querySelector<HTMLElement>(".react-flow__node.selected") ??
        next.querySelector<HTMLElement>(".react-flow__node"))
      : next.querySelector<HTMLElement>(FIRST);
  target?.focus();
}
