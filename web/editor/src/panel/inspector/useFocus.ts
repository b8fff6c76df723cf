/** Puts the focus where a problem led to, once that field is drawn. */
import { useEffect, type RefObject } from "react";
import type { NodeId } from "../../api/types";
import { GO_TO_LINE, usePanel, type Focus } from "../problems";

/** Editors are loaded when first needed, so a field may be there a moment later. */
const PATIENCE_MS = 1500;
const FOCUSABLE = "input:not([type=hidden]), textarea, select, [contenteditable=true]";

export function useFocus(root: RefObject<HTMLElement | null>, node: NodeId | null, tab: string) {
  const focus = usePanel((panel) => panel.focus);
  useEffect(() => {
    if (!focus || focus.node !== node || !root.current) return;
    const within = root.current;
    const until = performance.now() + PATIENCE_MS;
    let frame = 0;
    const seek = () => {
      if (tryFocus(within, focus) || performance.now() > until) usePanel.setState({ focus: null });
      else frame = requestAnimationFrame(seek);
    };
    seek();
    return () => cancelAnimationFrame(frame);
  }, [focus, node, tab, root]);
}

function tryFocus(root: HTMLElement, { param, field, line }: Focus): boolean {
  const pointer = param ?? field;
  if (pointer === null) return true;
  const row = closestRow(root, pointer);
  const input = row?.querySelector<HTMLElement>(FOCUSABLE);
  if (!row || !input) return false;
  row.scrollIntoView({ block: "nearest" });
  input.focus({ preventScroll: true });
  if (line !== null) input.dispatchEvent(new CustomEvent(GO_TO_LINE, { detail: line }));
  return true;
}

/** The row of the value itself, or of the nearest one that holds it. */
function closestRow(root: HTMLElement, pointer: string): HTMLElement | null {
  const rows = [...root.querySelectorAll<HTMLElement>("[data-pointer]")];
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const row = rows.find(({ dataset }) => dataset["pointer"] === at);
    if (row) return row;
  }
  return null;
}
