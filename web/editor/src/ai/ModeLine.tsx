/** Who answers, said openly: which model, or the built-in planner, which is none. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "../ui/Link";
import { getAi } from "./api";

export const AI_STATE = ["ai"];
export const useAiState = () => useQuery({ queryKey: AI_STATE, queryFn: getAi, staleTime: 30_000 });

export function ModeLine() {
  const { data } = useAiState();
  if (!data) return null;
  if (data.mode === "planner") {
    return (
      <p className="ai-mode" data-mode="planner">
        <b>Built-in planner (no model)</b>
        <Link href="/settings">Set up a model</Link>
      </p>
    );
  }
  return (
    <p className="ai-mode" data-mode="model">
      <span className="ai-mode-model">{data.models.draft ?? data.model ?? "the endpoint's own model"}</span>
      <Link href="/settings">Settings</Link>
    </p>
  );
}
