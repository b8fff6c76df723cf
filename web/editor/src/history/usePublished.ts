/** Which version triggers run, and how far the draft is from it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useServiceEvents } from "../api/events";
import { getPublished } from "./api";
import { useChanges } from "./useVersions";

export type PublishedState =
  | { kind: "unknown" }
  | { kind: "never" }
  | { kind: "same" }
  /** `count` is null until it is known. */
  | { kind: "differs"; count: number | null };

export function usePublished(workflow: string) {
  const queries = useQueryClient();
  const { data } = useQuery({ queryKey: ["published", workflow], queryFn: () => getPublished(workflow) });
  useServiceEvents(["workflow"], () => {
    void queries.invalidateQueries({ queryKey: ["published", workflow] });
    void queries.invalidateQueries({ queryKey: ["history", workflow, "changes"] });
  });
  const differs = data?.hash && data.draftDiffers ? data.hash : null;
  const changes = useChanges(workflow, differs, null).data;
  return { published: data ?? null, changes: changes ?? null, state: stateOf(data, changes?.patch.length ?? null) };
}

function stateOf(
  published: { hash?: string | null; draftDiffers: boolean } | undefined,
  count: number | null,
): PublishedState {
  if (!published) return { kind: "unknown" };
  if (!published.hash) return { kind: "never" };
  return published.draftDiffers ? { kind: "differs", count } : { kind: "same" };
}
