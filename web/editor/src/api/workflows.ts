/** Workflows at the service. */
import { call, get, post, remove, send, TextBody } from "./client";
import type { Json, Listed, Problem, RunId, RunRow, Workflow } from "./types";

export interface WorkflowRow {
  id: string;
  name: string;
  description: string | null;
  version: number;
  hash: string;
  nodes: number;
  tags: string[];
  updatedAt: string;
  lastRun: RunRow | null;
}

export interface SavedWorkflow {
  id: string;
  version: number;
  hash: string;
  problems: Problem[];
}

const at = (id: string) => `/workflows/${encodeURIComponent(id)}`;

export function listWorkflows(query = "", tag = "", cursor = ""): Promise<Listed<WorkflowRow>> {
  const search = new URLSearchParams({ limit: "100" });
  if (query) search.set("query", query);
  if (tag) search.set("tag", tag);
  if (cursor) search.set("cursor", cursor);
  return get(`/workflows?${search}`);
}

/** The workflow and its hash. */
export async function getWorkflow(id: string): Promise<{ workflow: Workflow; hash: string }> {
  const response = await send("GET", at(id));
  const hash = (response.headers.get("etag") ?? "").replace(/^W\//, "").replaceAll('"', "");
  return { workflow: (await response.json()) as Workflow, hash };
}

export const putWorkflow = (id: string, workflow: Workflow, hash: string) =>
  call<SavedWorkflow>("PUT", at(id), workflow, hash ? { "if-match": `"${hash}"` } : {});

/** Saves a new workflow; a missing id is made from its name. */
export const createWorkflow = (workflow: Partial<Workflow> & Pick<Workflow, "graph">) =>
  post<SavedWorkflow>("/workflows", workflow);

/** Saves a new workflow from the text of a file, YAML or JSON. */
export async function importWorkflow(text: string): Promise<SavedWorkflow> {
  const type = text.trimStart().startsWith("{") ? "application/json" : "application/yaml";
  const response = await send("POST", "/workflows", new TextBody(text, type));
  return (await response.json()) as SavedWorkflow;
}

/** The workflow as a file. */
export async function exportWorkflow(id: string, format: "yaml" | "json"): Promise<string> {
  const response = await send("GET", at(id), undefined, { accept: `application/${format}` });
  return format === "yaml" ? response.text() : JSON.stringify(await response.json(), null, 2);
}

export const removeWorkflow = (id: string) => remove(at(id));

export interface NewRun {
  input: Json;
  /** Run up to this node. */
  until?: string;
  /** Run this node alone; `input` is what it gets. */
  only?: string;
  /** Run this draft instead of what is saved. */
  workflow?: Workflow;
}

export const startRun = (id: string, run: NewRun) => post<{ runId: RunId }>(`${at(id)}/runs`, run);
