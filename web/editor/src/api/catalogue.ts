/** Node types at the service. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { specsByType, type Specs } from "../document/load";
import { get } from "./client";
import type { NodeSpec } from "./types";

export const searchNodes = (query: string) => get<NodeSpec[]>(`/nodes?q=${encodeURIComponent(query)}`);

/** The whole catalogue, read once: it changes only with the service. */
export function useCatalogue(): { list: NodeSpec[] | undefined; specs: Specs | undefined; error: Error | null } {
  const { data, error } = useQuery({
    queryKey: ["nodes"],
    queryFn: () => get<NodeSpec[]>("/nodes"),
    staleTime: Infinity,
  });
  const specs = useMemo(() => data && specsByType(data), [data]);
  return { list: data, specs, error };
}
