/** The tools at the foot of the canvas. */
import { useStore } from "@xyflow/react";
import { LayoutGrid, Map as MapIcon, Maximize, Minus, Plus, Redo2, Rows3, StickyNote, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import type * as Y from "yjs";
import { act, keyOf, type Action } from "../app/keys";
import { useHistory } from "../document/useDocument";
import { useSettings } from "./settings";

export function Toolbar({ doc, editable }: { doc: Y.Doc; editable: boolean }) {
  const density = useSettings((settings) => settings.density);
  const minimap = useSettings((settings) => settings.minimap);
  return (
    <div className="toolbar" role="toolbar" aria-label="Canvas">
      {editable && <EditTools doc={doc} />}
      <Tool action="density" label={`Density: ${density}`}>
        <Rows3 size={16} aria-hidden />
      </Tool>
      <button
        type="button"
        className="tool"
        aria-pressed={minimap}
        aria-label="Mini-map"
        title="Mini-map"
        onClick={() => useSettings.setState({ minimap: !minimap })}
      >
        <MapIcon size={16} aria-hidden />
      </button>
      <span className="tool-gap" />
      <Tool action="zoomOut" label="Zoom out">
        <Minus size={16} aria-hidden />
      </Tool>
      <Zoom />
      <Tool action="zoomIn" label="Zoom in">
        <Plus size={16} aria-hidden />
      </Tool>
      <Tool action="fit" label="Show all">
        <Maximize size={16} aria-hidden />
      </Tool>
    </div>
  );
}

function EditTools({ doc }: { doc: Y.Doc }) {
  const history = useHistory(doc);
  return (
    <>
      <button
        type="button"
        className="tool wide primary"
        title={`Add a node (${keyOf("add")})`}
        onClick={() => act("add")}
      >
        <Plus size={16} aria-hidden />
        Add
      </button>
      <Tool action="note" label="Add a note">
        <StickyNote size={16} aria-hidden />
      </Tool>
      <Tool action="layout" label="Arrange all nodes">
        <LayoutGrid size={16} aria-hidden />
      </Tool>
      <span className="tool-gap" />
      <Tool action="undo" label="Undo" disabled={!history.canUndo()}>
        <Undo2 size={16} aria-hidden />
      </Tool>
      <Tool action="redo" label="Redo" disabled={!history.canRedo()}>
        <Redo2 size={16} aria-hidden />
      </Tool>
      <span className="tool-gap" />
    </>
  );
}

interface ToolProps {
  action: Action;
  label: string;
  disabled?: boolean;
  children: ReactNode;
}

function Tool({ action, label, disabled = false, children }: ToolProps) {
  return (
    <button
      type="button"
      className="tool"
      aria-label={label}
      title={`${label} (${keyOf(action)})`}
      disabled={disabled}
      onClick={() => act(action)}
    >
      {children}
    </button>
  );
}

function Zoom() {
  const percent = useStore((state) => Math.round(state.transform[2] * 100));
  return (
    <button
      type="button"
      className="tool wide"
      title={`Zoom to 100 % (${keyOf("zoomReset")})`}
      onClick={() => act("zoomReset")}
    >
      <span className="tabular-nums">{percent} %</span>
    </button>
  );
}
