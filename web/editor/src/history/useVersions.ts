/** The versions of a workflow, page by page, kept up with what happens at the service. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { NodeId, Workflow } from "../api/types";
import { useServiceEvents } from "../api/events";
import { getChanges, getVersion, listHistory, type Version } from "./api";

const NONE: Version[] = [];

export function useVersions(workflow: string) {
  const queries = useQueryClient();
  const list = useInfiniteQuery({
    queryKey: ["history", workflow],
    queryFn: ({ pageParam }) => listHistory(workflow, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  const reread = useCallback(
    () => void queries.invalidateQueries({ queryKey: ["history", workflow] }),
    [queries, workflow],
  );
  useServiceEvents(["workflow"], reread);
  const rows = list.data?.pages.flatMap((page) => page.items) ?? NONE;
  return { list, rows, reread };
}

/** A version never changes. */
export function useVersion(workflow: string, hash: string | null) {
  return useQuery({
    queryKey: ["version", workflow, hash],
    queryFn: () => getVersion(workflow, hash as string),
    enabled: hash !== null,
    staleTime: Infinity,
    // Mixed from an old and a new answer, values would lose how their numbers were written.
    structuralSharing: false,
  });
}

/** Who did what between two versions; `to` null: until now. */
export function useChanges(workflow: string, from: string | null, to: string | null) {
  return useQuery({
    queryKey: ["history", workflow, "changes", from, to],
    queryFn: () => getChanges(workflow, from as string, to ?? undefined),
    enabled: from !== null,
    structuralSharing: false,
  });
}

/** Names as the canvas writes them. */
export function namesIn(...workflows: (Workflow | undefined)[]): (node: NodeId) => string {
  const names = new Map(
    workflows.flatMap((workflow) => workflow?.graph.nodes.map(({ id, name }) => [id, name ?? id] as const) ?? []),
  );
  return (node) => names.get(node) ?? node;
}
