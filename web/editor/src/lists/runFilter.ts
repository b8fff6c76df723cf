/** Which runs are listed, as the page's address says it, so that a list can be kept as a link. */
import type { RunFilter } from "../run/api";

export interface ListedRuns {
  workflow: string;
  status: string;
  /** Hours back; 0 for all. */
  hours: number;
  minMs: number;
  /** Words that some value of the run holds. */
  text: string;
}

export const ALL_RUNS: ListedRuns = { workflow: "", status: "", hours: 0, minMs: 0, text: "" };

export function parseFilter(search: string): ListedRuns {
  const query = new URLSearchParams(search);
  const number = (name: string) => Math.max(Number(query.get(name) ?? 0) || 0, 0);
  return {
    workflow: query.get("workflow") ?? "",
    status: query.get("status") ?? "",
    hours: number("hours"),
    minMs: number("minMs"),
    text: query.get("text") ?? "",
  };
}

export function runsAddress(filter: Partial<ListedRuns>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, String(value));
  const text = query.toString();
  return text ? `/runs?${text}` : "/runs";
}

/** What is asked of the service. The time is rounded, so that the same list has the same name a moment later. */
export function askedOf({ workflow, status, hours, minMs }: ListedRuns, now = Date.now()): RunFilter {
  const minute = 60_000;
  const since = hours > 0 ? new Date(Math.floor((now - hours * 60 * minute) / minute) * minute).toISOString() : "";
  return {
    ...(workflow && { workflow }),
    ...(status && { status }),
    ...(since && { since }),
    ...(minMs > 0 && { minMs }),
  };
}

export const isFiltered = (filter: ListedRuns) => runsAddress(filter) !== "/runs";
