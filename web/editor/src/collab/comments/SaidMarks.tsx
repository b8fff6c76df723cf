/** Where on the timeline something is said that is not resolved. The list of threads says the same in words. */
import { MessageCircle } from "lucide-react";
import type { RunId, Seq } from "../../api/types";
import { useSaidFrames } from "./useThreads";

interface SaidMarksProps {
  run: RunId;
  /** Where on the picture a moment lies. */
  xOf: (seq: Seq) => number;
  width: number;
}

export function SaidMarks({ run, xOf, width }: SaidMarksProps) {
  return useSaidFrames(run).map((frame) => {
    const x = xOf(frame);
    if (x < 0 || x > width) return null;
    return (
      <span key={frame} className="run-said" style={{ left: x }} aria-hidden>
        <MessageCircle size={11} />
      </span>
    );
  });
}
