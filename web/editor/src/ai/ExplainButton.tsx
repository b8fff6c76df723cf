/** Asks for what is shown in words. Small, because it stands where the AI panel is not read yet. */
import { MessageCircleQuestionMark } from "lucide-react";
import { openExplain, type About } from "./panelStore";

export function ExplainButton({ about }: { about: About }) {
  return (
    <button type="button" className="mini words" title="Explain in words" onClick={() => openExplain(about)}>
      <MessageCircleQuestionMark size={13} aria-hidden />
      <span className="mini-label">Explain</span>
    </button>
  );
}
