/** The canvas with the inspector beside it. */
import { Suspense, type ReactNode } from "react";
import type * as Y from "yjs";
import { ReviewSlot } from "../ai/Beside";
import { Canvas } from "../canvas/Canvas";
import { isStepId } from "../canvas/flowTypes";
import { soleEdge, soleStep, useSelection } from "../canvas/selection";
import type { Specs } from "../document/load";
import { useNode } from "../document/useDocument";
import { Split } from "../ui/Split";
import type { ShownRun } from "./Dock";
import { Inspector } from "./slots";

interface MiddleProps {
  doc: Y.Doc;
  specs: Specs;
  run: ShownRun | null;
  editable: boolean;
  onRun?: (runId: string) => void;
  /** What lies over a corner of the canvas. */
  children?: ReactNode;
}

export function Middle({ doc, specs, run, editable, onRun, children }: MiddleProps) {
  const sole = useSelection(soleStep);
  const node = useNode(doc, sole);
  // Of a run nothing can be set, so that with nothing selected there is nothing to show.
  const isSome = useSelection((selection) => soleEdge(selection) !== null || [...selection.nodes].some(isStepId));
  return (
    <Split
      side="right"
      name="inspector"
      label="Width of the inspector"
      size={380}
      min={280}
      max={720}
      pane={
        (sole === null ? editable || isSome : node) && (
          <aside className="inspector" aria-label="Inspector" data-keys="elsewhere" data-pane="inspector">
            <Suspense>
              <Inspector
                doc={doc}
                nodeId={sole}
                specs={specs}
                readOnly={!editable}
                {...(onRun && { onRun })}
                {...(run && { runView: { runId: run.id, seq: run.seq } })}
              />
            </Suspense>
          </aside>
        )
      }
    >
      <div className="middle canvas-room">
        <Canvas doc={doc} specs={specs} editable={editable} />
        <ReviewSlot />
        {children}
      </div>
    </Split>
  );
}
