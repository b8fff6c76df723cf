/** A node's title, which F2 and a double click make a field. */
import { useContext } from "react";
import { rename } from "../document/edits";
import { CanvasDoc } from "./canvasDoc";
import type { StepData } from "./flowTypes";
import { endRenaming, useRenaming } from "./renaming";

export function NodeTitle({ id, data: { node, spec } }: { id: string; data: StepData }) {
  const doc = useContext(CanvasDoc);
  const isOpen = useRenaming((renaming) => renaming.id === id);
  const title = node.name ?? spec?.title ?? node.type;
  if (!isOpen || !doc) return <span className="step-title">{title}</span>;
  const finish = (input: HTMLInputElement, keep: boolean) => {
    // Leaving the field is an end, too: it comes again when Enter or Escape takes the field away.
    if (useRenaming.getState().id !== id) return;
    endRenaming();
    const text = input.value.trim();
    if (keep && text !== title) rename(doc, id, text);
    document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.focus();
  };
  return (
    <input
      className="step-rename nodrag"
      aria-label="Name of the node"
      defaultValue={title}
      autoFocus
      onFocus={(event) => event.target.select()}
      onBlur={(event) => finish(event.target, true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") finish(event.currentTarget, true);
        if (event.key === "Escape") finish(event.currentTarget, false);
      }}
    />
  );
}
