/** The moment of a run that the page shows, as far as the inspector needs it. */
import { useEffect, useState } from "react";
import type { ExecutionFrame, NodeId, RunId, Seq } from "../api/types";

export interface RunView {
  run: RunId;
  seq: Seq;
  /** The frame of a node at that moment; null when it has none yet. Long values are previews. */
  frame(node: NodeId): Promise<ExecutionFrame | null>;
}

export type Seen = { kind: "none" } | { kind: "loading" } | { kind: "frame"; frame: ExecutionFrame };

const NONE: Seen = { kind: "none" };

/** The frame of a node at the shown moment. While the next one is on its way the last one stays, so nothing flickers. */
export function useFrame(view: RunView | null, node: NodeId | null): Seen {
  const [held, hold] = useState<{ node: NodeId; run: RunId; seen: Seen } | null>(null);
  useEffect(() => {
    if (!view || node === null) return;
    let left = false;
    view
      .frame(node)
      .then((frame): Seen => (frame ? { kind: "frame", frame } : NONE))
      .catch(() => NONE)
      .then((seen) => {
        if (!left) hold({ node, run: view.run, seen });
      });
    return () => {
      left = true;
    };
  }, [view, node]);
  if (!view || node === null) return NONE;
  return held?.node === node && held.run === view.run ? held.seen : { kind: "loading" };
}
