/** Runs at the service. */
import { get, getValues } from "./client";
import type { Listed, RunDetail, RunId, RunRow, SearchHit, Workflow } from "./types";

export const getRun = (id: RunId) => get<RunDetail>(`/runs/${encodeURIComponent(id)}`);

/** The exact workflow that the run executes. */
export const getRunWorkflow = (id: RunId) => getValues<Workflow>(`/runs/${encodeURIComponent(id)}/workflow`);

export function listRuns(filter: Record<string, string> = {}): Promise<Listed<RunRow>> {
  return get(`/runs?${new URLSearchParams(filter)}`);
}

/** Frames in which a value flowed. */
export const searchValues = (query: string, limit = 8) =>
  get<{ items: SearchHit[]; next: string | null; lag: number }>(
    `/search?${new URLSearchParams({ q: query, limit: String(limit) })}`,
  );
