/** Whether what is on the screen is saved. */
import { Check, CloudOff, Eye, LoaderCircle, TriangleAlert } from "lucide-react";
import { useSyncExternalStore } from "react";
import type { Saver, SaveState } from "../document/save";

const useSaved = (saver: Saver) => useSyncExternalStore(saver.subscribe, () => saver.saved);

/** Whether this person may look and not change. */
export const useIsReadOnly = (saver: Saver): boolean =>
  useSyncExternalStore(saver.subscribe, () => saver.saved.state.kind === "read-only");

const WORDS: Record<SaveState["kind"], string> = {
  saved: "Saved",
  saving: "Saving…",
  offline: "Offline",
  refused: "Not saved",
  "read-only": "Read only",
};

export function SavedState({ saver }: { saver: Saver }) {
  const { state } = useSaved(saver);
  const why = state.kind === "refused" ? [state.message, state.hint].filter(Boolean).join(". ") : undefined;
  return (
    <span className="saved" data-state={state.kind} role="status" title={why}>
      <Sign kind={state.kind} />
      <span className="saved-words">{WORDS[state.kind]}</span>{" "}
      {state.kind === "offline" && <span className="saved-more">— kept in this browser</span>}
      {why && `: ${why}`}
    </span>
  );
}

function Sign({ kind }: { kind: SaveState["kind"] }) {
  if (kind === "saved") return <Check size={14} aria-hidden />;
  if (kind === "saving") return <LoaderCircle size={14} aria-hidden />;
  if (kind === "read-only") return <Eye size={14} aria-hidden />;
  return kind === "offline" ? <CloudOff size={14} aria-hidden /> : <TriangleAlert size={14} aria-hidden />;
}
