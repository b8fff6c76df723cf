/** The lines along which a dragged node is level with others. */
import { ViewportPortal } from "@xyflow/react";
import type { SnapLine } from "./snap";

export function SnapLines({ lines }: { lines: readonly SnapLine[] }) {
  if (lines.length === 0) return null;
  return (
    <ViewportPortal>
      {lines.map(({ axis, at, from, to }) => (
        <div
          key={axis}
          className="snap-line"
          style={
            axis === "x"
              ? { transform: `translate(${at}px, ${from}px)`, width: 1, height: to - from }
              : { transform: `translate(${from}px, ${at}px)`, width: to - from, height: 1 }
          }
        />
      ))}
    </ViewportPortal>
  );
}
