/** The canvas with the inspector beside it. */
import { Suspense } from "react";
import type * as Y from "yjs";
import { ReviewSlot } from "../ai/Beside";
import { Canvas } from "../canvas/Canvas";
import { soleStep, useSelection } from "../canvas/selection";
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
}

export function Middle({ doc, specs, run, editable, onRun }: MiddleProps) {
  const sole = useSelection(soleStep);
  const node = useNode(doc, sole);
  return (
    <Split
      side="right"
      name="inspector"
      label="Width of the inspector"
      size={380}
      min={280}
      max={720}
      pane={
        (sole === null || node) && (
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
      <div className="canvas-room">
        <Canvas doc={doc} specs={specs} editable={editable} />
        <ReviewSlot />
      </div>
    </Split>
  );
}
