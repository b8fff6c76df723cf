/** Looks for fixes of a failure. Small, because it stands where the AI panel is not read yet. */
import { Wrench } from "lucide-react";
import { useMayEdit } from "../api/session";
import { openFix, type Failed } from "./panelStore";

export function FixButton({ failed, className = "button" }: { failed: Failed; className?: string }) {
  if (!useMayEdit()) return null;
  return (
    <button
      type="button"
      className={className}
      title="Look for a fix, proven on the recordings"
      onClick={() => openFix(failed)}
    >
      <Wrench size={13} aria-hidden />
      <span className="mini-label">Fix</span>
    </button>
  );
}
