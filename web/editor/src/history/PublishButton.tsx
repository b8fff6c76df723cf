/** In the head of the workflow: whether triggers run it as it is now. */
import { Check, Rocket } from "lucide-react";
import { counted } from "../lib/words";
import { openWindow } from "./historyStore";
import { usePublished, type PublishedState } from "./usePublished";

export function stateWords(state: PublishedState): string {
  switch (state.kind) {
    case "unknown":
      return "";
    case "never":
      return "Never published";
    case "same":
      return "Published: this version";
    case "differs":
      return state.count === null ? "Changed since it was published" : `${counted(state.count, "change")} since`;
  }
}

export function PublishButton({ workflow, canEdit }: { workflow: string; canEdit: boolean }) {
  const { state } = usePublished(workflow);
  const words = stateWords(state);
  const isSame = state.kind === "same";
  return (
    <button
      type="button"
      className="button publish"
      data-state={state.kind}
      disabled={!canEdit}
      aria-label={words ? `Publish. ${words}` : "Publish"}
      title={`${words || "Publish"}. Triggers run the published version, Run runs the draft.`}
      onClick={() => openWindow({ kind: "publish" })}
    >
      {isSame ? <Check size={14} aria-hidden /> : <Rocket size={14} aria-hidden />}
      <span className="publish-words">{isSame ? "Published" : "Publish"}</span>
      {state.kind === "differs" && state.count !== null && <span className="publish-count">{state.count}</span>}
    </button>
  );
}
