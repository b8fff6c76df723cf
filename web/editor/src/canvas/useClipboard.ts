/** Copy, cut and paste on the canvas, as text that can go anywhere. */
import { useEffect } from "react";
import { isField } from "../app/keys";
import { clipText } from "../document/paste";
import { counted } from "../lib/words";
import { say } from "../ui/say";
import type { Editing } from "./useCommands";

export function useClipboard(commands: Editing | null) {
  useEffect(() => {
    if (!commands) return;
    const copy = (event: ClipboardEvent) => {
      const clip = isOnCanvas() ? commands.clip() : null;
      if (!clip || !event.clipboardData) return;
      event.clipboardData.setData("text/plain", clipText(clip));
      event.preventDefault();
      if (event.type === "cut") commands.delete();
      say(`${event.type === "cut" ? "Cut" : "Copied"} ${counted(clip.nodes.length, "node")}.`);
    };
    const paste = (event: ClipboardEvent) => {
      const text = isOnCanvas() ? event.clipboardData?.getData("text/plain") : "";
      if (!text) return;
      event.preventDefault();
      commands.pasteText(text);
    };
    document.addEventListener("copy", copy);
    document.addEventListener("cut", copy);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("copy", copy);
      document.removeEventListener("cut", copy);
      document.removeEventListener("paste", paste);
    };
  }, [commands]);
}

/** Not while somebody types, marks text, or is in a dialog or another pane. */
function isOnCanvas(): boolean {
  const at = document.activeElement;
  if (isField(at) || getSelection()?.type === "Range") return false;
  return at === null || at === document.body || at.closest("[data-keys=canvas]") !== null;
}
