/** Over the canvas of somebody who may only look. */
import { Eye } from "lucide-react";

export const ONLY_LOOK = "You may look; ask for an invitation to edit.";

export function ViewerNote() {
  return (
    <p className="canvas-note" role="note">
      <Eye size={13} aria-hidden /> {ONLY_LOOK}
    </p>
  );
}
