/** Two panes with a border that a hand or the arrow keys move. The size is kept in this browser. */
import { useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";

interface SplitProps {
  /** Where the second pane is. */
  side: "right" | "bottom";
  /** Under which name its size is kept. */
  name: string;
  label: string;
  size: number;
  min: number;
  max: number;
  children: ReactNode;
  pane: ReactNode;
}

const STEP = 24;

export function Split({ side, name, label, size, min, max, children, pane }: SplitProps) {
  const [now, setNow] = useKept(`flowforge/split/${name}`, size);
  const clamp = (value: number) => Math.round(Math.max(min, Math.min(max, value)));
  const set = (value: number) => setNow(clamp(value));
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    if (box) set(side === "right" ? box.right - event.clientX : box.bottom - event.clientY);
  };
  const key = (event: KeyboardEvent) => {
    const more = side === "right" ? "ArrowLeft" : "ArrowUp";
    const less = side === "right" ? "ArrowRight" : "ArrowDown";
    if (event.key !== more && event.key !== less) return;
    event.preventDefault();
    event.stopPropagation();
    set(now + (event.key === more ? STEP : -STEP));
  };
  // On a small screen the first pane keeps more than half.
  const track = `minmax(0, 1fr) auto ${pane ? `min(${clamp(now)}px, 42%)` : "0px"}`;
  return (
    <div className="split" style={side === "right" ? { gridTemplateColumns: track } : { gridTemplateRows: track }}>
      <div className="split-pane">{children}</div>
      {pane && (
        <div
          className={`split-border ${side}`}
          role="separator"
          tabIndex={0}
          data-keys="elsewhere"
          aria-label={label}
          aria-orientation={side === "right" ? "vertical" : "horizontal"}
          aria-valuenow={clamp(now)}
          aria-valuemin={min}
          aria-valuemax={max}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={drag}
          onKeyDown={key}
        />
      )}
      {pane && <div className="split-pane">{pane}</div>}
    </div>
  );
}

function useKept(name: string, standard: number): [number, (value: number) => void] {
  const [value, setValue] = useState(() => {
    const kept = Number(localStorage.getItem(name) ?? Number.NaN);
    return Number.isFinite(kept) ? kept : standard;
  });
  const keep = (next: number) => {
    setValue(next);
    localStorage.setItem(name, String(next));
  };
  return [value, keep];
}
