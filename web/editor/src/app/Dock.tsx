/** The run under the canvas. */
import { X } from "lucide-react";
import { Suspense } from "react";
import { showNode } from "./showNode";
import { RunDock } from "./slots";

export interface ShownRun {
  id: string;
  /** The moment that is shown; null: the newest. */
  seq: number | null;
}

interface DockProps {
  workflowId?: string;
  run: ShownRun;
  onSeq: (seq: number | null) => void;
  onClose?: () => void;
}

export function Dock({ workflowId, run, onSeq, onClose }: DockProps) {
  return (
    <section className="dock" aria-label="Timeline of the run" data-keys="timeline" data-pane="timeline">
      {onClose && (
        <button type="button" className="tool dock-close" aria-label="Close the run" onClick={onClose}>
          <X size={16} aria-hidden />
        </button>
      )}
      <Suspense>
        <RunDock
          {...(workflowId !== undefined && { workflowId })}
          runId={run.id}
          seq={run.seq}
          onSeq={onSeq}
          onNode={showNode}
        />
      </Suspense>
    </section>
  );
}
