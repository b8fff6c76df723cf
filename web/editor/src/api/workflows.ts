/** Workflows at the service. */
import { call, get, getValues, post, remove, send, TextBody } from "./client";
import { parseExact, writeExact, type Exact } from "../lib/exact";
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
  /** The workflow that this one was branched from. */
  branchOf?: string | null;
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

/** Whether there is a workflow of this id, asked so that the answer no is none that a browser complains of. */
export async function hasWorkflow(id: string): Promise<boolean> {
  const { items, next } = await listWorkflows(id);
  return items.some((row) => row.id === id) || Boolean(next);
}

/** The exact numbers of each workflow as it was last read, by node: lists change their order, ids do not. */
const exactOf = new Map<string, { whole: Exact; nodes: ReadonlyMap<string, Exact> }>();

function remember(id: string, workflow: Workflow, exact: Exact) {
  const graph = exact && "record" in exact ? (exact.record["graph"] ?? null) : null;
  const nodes = graph && "record" in graph ? (graph.record["nodes"] ?? null) : null;
  const list = nodes && "list" in nodes ? nodes.list : [];
  exactOf.set(id, {
    whole: exact,
    nodes: new Map(workflow.graph.nodes.map((node, at) => [node.id, list[at] ?? null])),
  });
}

/** The exact numbers of a workflow that was made from the one with this id. */
function exactFor(id: string, workflow: Partial<Workflow> & Pick<Workflow, "graph">): Exact {
  const known = exactOf.get(id);
  if (!known) return null;
  const list = workflow.graph.nodes.map((node) => known.nodes.get(node.id) ?? null);
  const whole = known.whole && "record" in known.whole ? known.whole.record : {};
  const graph = whole["graph"] && "record" in whole["graph"] ? whole["graph"].record : {};
  return { record: { ...whole, graph: { record: { ...graph, nodes: { list } } } } };
}

export const jsonBody = (value: unknown, exact: Exact) => new TextBody(writeExact(value, exact), "application/json");

/** Older versions, which know their own numbers: they are read to be looked at and run, never edited. */
const versions = new WeakSet<Workflow>();

/** The exact numbers of a draft of the workflow that is edited; a version as it was read needs none beside it. */
export const exactOfWorkflow = (workflow: Workflow): Exact =>
  versions.has(workflow) ? null : exactFor(workflow.id, workflow);

export interface VersionRow {
  hash: string;
  version: number;
  savedAt: string | null;
}

/** The versions that were saved, the newest first. */
export const listVersions = async (id: string): Promise<VersionRow[]> =>
  (await get<Listed<VersionRow>>(`${at(id)}/versions`)).items;

/** One version as it was saved. */
export async function getVersion(id: string, hash: string): Promise<Workflow> {
  const workflow = await getValues<Workflow>(`${at(id)}?hash=${encodeURIComponent(hash)}`);
  versions.add(workflow);
  return workflow;
}

/** The workflow and its hash. */
export async function getWorkflow(id: string): Promise<{ workflow: Workflow; hash: string }> {
  const response = await send("GET", at(id));
  const hash = (response.headers.get("etag") ?? "").replace(/^W\//, "").replaceAll('"', "");
  const { value, exact } = parseExact(await response.text());
  const workflow = value as unknown as Workflow;
  remember(id, workflow, exact);
  return { workflow, hash };
}

export const putWorkflow = (id: string, workflow: Workflow, hash: string) =>
  call<SavedWorkflow>(
    "PUT",
    at(id),
    jsonBody(workflow, exactFor(id, workflow)),
    hash ? { "if-match": `"${hash}"` } : {},
  );

/** Saves a new workflow; a missing id is made from its name. `like` is the id of the one that it is a copy of. */
export const createWorkflow = (workflow: Partial<Workflow> & Pick<Workflow, "graph">, like = "") =>
  post<SavedWorkflow>("/workflows", jsonBody(workflow, exactFor(like, workflow)));

/** Saves a new workflow from the text of a file, YAML or JSON. */
export async function importWorkflow(text: string): Promise<SavedWorkflow> {
  const type = text.trimStart().startsWith("{") ? "application/json" : "application/yaml";
  const response = await send("POST", "/workflows", new TextBody(text, type));
  return (await response.json()) as SavedWorkflow;
}

/** The workflow as the text of a file. */
export async function exportWorkflow(id: string, format: "yaml" | "json"): Promise<string> {
  const response = await send("GET", at(id), undefined, { accept: `application/${format}` });
  const text = await response.text();
  if (format === "yaml") return text;
  const { value, exact } = parseExact(text);
  return writeExact(value, exact, 2);
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

export function startRun(id: string, run: NewRun): Promise<{ runId: RunId }> {
  const exact: Exact = run.workflow ? { record: { workflow: exactFor(id, run.workflow) } } : null;
  return post(`${at(id)}/runs`, jsonBody(run, exact));
}
