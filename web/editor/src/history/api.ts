/** The history of a workflow at the service. Shapes are generated from its OpenAPI, and narrowed where that says only "a value". */
import type { components } from "../api/schema";
import { get, getValues, post, put } from "../api/client";
import type { Listed, RunId, Status, ValueChange } from "../api/types";
import { getVersion, getWorkflow, type SavedWorkflow } from "../api/workflows";
import type { Narrowed, Proposal } from "../ai/types";
import type { Patch } from "../document/patch";

type Schemas = components["schemas"];

export type Author = Schemas["Author"];
/** A version that was saved, and how it came about. */
export type Version = Schemas["HistoryRow"];
/** What one author did. */
export type By = Schemas["By"];
/** Who touched a place last. */
export type Blamed = Schemas["Blamed"];
export type Published = Schemas["PublishedRow"];
export type Changed = Narrowed<Schemas["Changes"], { patch: Patch }>;
export type Differs = Narrowed<Schemas["Differs"], { output: ValueChange[]; recorded: Status; draft?: Status | null }>;
/** What the draft would have made of recorded runs. */
export interface Checked {
  same: number;
  differs: Differs[];
  untold: Schemas["Untold"][];
  byAuthor: By[];
}
export type Broke = Narrowed<Schemas["Broke"], { patch: Patch }>;

const at = (id: string) => `/workflows/${encodeURIComponent(id)}`;

export const PAGE = 50;

export const listHistory = (id: string, cursor = "", limit = PAGE) =>
  get<Listed<Version>>(`${at(id)}/history?${new URLSearchParams({ limit: String(limit), ...(cursor && { cursor }) })}`);
export const nameVersion = (id: string, hash: string, name: string) =>
  put<Version>(`${at(id)}/versions/${hash}/name`, { name: name.trim() || null });
export const getBlame = async (id: string, node: string) =>
  (await get<Listed<Blamed>>(`${at(id)}/blame?${new URLSearchParams({ node })}`)).items;
export const getChanges = (id: string, from: string, to?: string) =>
  getValues<Changed>(`${at(id)}/changes?${new URLSearchParams({ from, ...(to && { to }) })}`);
/** Makes a copy of a version, of the current one when no other is named, that remembers where it came from. */
export const branch = (id: string, name: string, hash: string | null) =>
  post<Schemas["Branched"]>(`${at(id)}/branch`, { name, ...(hash !== null && { hash }) });
export const restore = (id: string, hash: string) => post<SavedWorkflow>(`${at(id)}/restore`, { hash });

/** The current version, with everything that was typed so far. */
export const currentHash = async (id: string): Promise<string> => (await getWorkflow(id)).hash;

export const getPublished = (id: string) => get<Published>(`${at(id)}/published`);
export const publish = (id: string, hash: string) => post<Published>(`${at(id)}/publish`, { hash });
/** Plays recorded runs again under the draft; nothing is performed. */
export async function checkDraft(id: string, runs: RunId[]): Promise<Checked> {
  return post<Checked>(`${at(id)}/publish/check`, { runs });
}

/** Proposes what a branch changed. */
export const merge = (into: string, from: string) => post<Proposal>(`${at(into)}/merge`, { from });

/** Finds the edit between two versions that made a run come out differently. */
export const bisect = (run: RunId, good: string, bad: string) => post<Broke>("/bisect", { run, good, bad });

export { getVersion };
