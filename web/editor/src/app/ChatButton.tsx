/** Opens and closes the AI panel. */
import { Sparkles } from "lucide-react";
import { turnChat, useAi } from "../ai/panelStore";
import { keyOf } from "./keys";

export function ChatButton() {
  const isOpen = useAi((panel) => panel.isOpen);
  return (
    <button
      type="button"
      className="button"
      aria-pressed={isOpen}
      title={`AI chat (${keyOf("chat")})`}
      onClick={turnChat}
    >
      <Sparkles size={14} aria-hidden />
      <span className="ai-word">AI</span>
    </button>
  );
}
