/**
 * A Y.Doc as the workflow that it shows, in one canonical order of fields: equal documents give equal bytes; and complaints
 * about what it cannot show.
 *
 * Total, as the service's own (`collab/src/project.rs`): any merge of anything, also what a hostile client put there, gives a
 * workflow and the same Problems in both. What cannot be shown stays in the document where it is.
 */
import * as Y from "yjs";
import type { Group, Json, Note, Problem, Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { CONFIG_FITS, EDGE_FITS, NODE_FITS, WORKFLOW_FITS } from "./fits";
import { isRecord } from "./nested";
import { at, fitting, part, readFields, readMap, wrong } from "./readFields";
import { EMPTY, inOrder, META_FIELDS, roots, type Fields } from "./shape";

type Named = Record<string, Json>;

/** One entry as it is shown; null when it cannot be. */
export interface Entry<T> {
  value: T | null;
  problems: Problem[];
}

interface Projected {
  workflow: Workflow;
  problems: Problem[];
}

const NODE_FIELDS = ["id", "type", "name", "params", "parent", "disabled", "retry", "timeoutMs", "onError", "memo"];
const EDGE_FIELDS = ["id", "source", "sourcePort", "target", "targetPort"];

export const project = (doc: Y.Doc): Workflow => projected(doc).workflow;

export function projected(doc: Y.Doc): Projected {
  const { nodes, edges } = roots(doc);
  return assemble(doc, entriesOf(nodes as Fields, projectNode), entriesOf(edges as Fields, projectEdge));
}

const entriesOf = <T>(map: Fields, projectOne: (key: string, entry: unknown) => Entry<T>): Entry<T>[] =>
  inOrder(map).map((key) => projectOne(key, map.get(key)));

/** The workflow around nodes and edges that have been projected already. */
export function assemble(
  doc: Y.Doc,
  nodes: readonly Entry<WorkflowNode>[],
  edges: readonly Entry<WorkflowEdge>[],
): Projected {
  const all = roots(doc);
  const { meta } = all;
  const problems = [...nodes, ...edges].flatMap((entry) => entry.problems);
  const own = ownFields(meta, problems);
  const config = recordIn(meta, "config", "/config", problems);
  const plain = without(
    recordIn(meta, "graphExtra", "/graph", problems) ?? {},
    (name) => name === "nodes" || name === "edges",
    (name) => problems.push(wrong(`/graph/${name}`, "a list of the graph stands among the unknown fields")),
  );
  putList(plain, meta, "notes", projectNote, problems);
  putList(plain, meta, "groups", projectGroup, problems);
  const workflow = {
    ...own.known,
    ...(config && { config: fitting(config, CONFIG_FITS, "/config", problems) }),
    graph: { nodes: shownOf(nodes), edges: shownOf(edges), ...plain },
    ...own.more,
  };
  const isBlank = all.nodes.size + all.edges.size + meta.size === 0;
  return { workflow: workflow as unknown as Workflow, problems: isBlank ? [] : problems };
}

const shownOf = <T>(entries: readonly Entry<T>[]): T[] =>
  entries.flatMap(({ value }) => (value === null ? [] : [value]));

/** The workflow's own fields, and those that nobody here knows. */
function ownFields(meta: Fields, problems: Problem[]): { known: Named; more: Named } {
  const isOwn = (name: string) => (META_FIELDS as readonly string[]).includes(name);
  const read = readMap(meta, "", problems, isOwn);
  const more = without(
    recordIn(meta, "extra", "", problems) ?? {},
    (name) => isOwn(name) || name === "graph" || name === "config",
    (name) => problems.push(wrong(`/${name}`, "a field of the workflow stands among the unknown ones")),
  );
  const known = inTurn(read, META_FIELDS);
  if (typeof known["id"] !== "string") {
    const hint = "save the workflow once, or restore a version of it";
    problems.push(wrong("/id", "the document has no id that is a text", hint));
    known["id"] = "";
  }
  const misfits: Problem[] = [];
  const fitted = fitting(known, WORKFLOW_FITS, "", misfits);
  problems.push(...misfits.map(({ hint: _, ...problem }) => problem));
  return { known: fitted, more };
}

/** The fields that do not stand in the wrong place. */
function without(fields: Named, isMisplaced: (name: string) => boolean, told: (name: string) => void): Named {
  const names = Object.keys(fields);
  names.filter(isMisplaced).forEach(told);
  return Object.fromEntries(names.filter((name) => !isMisplaced(name)).map((name) => [name, fields[name] as Json]));
}

/** The fields of a record inside `meta`; undefined when it says nothing. */
function recordIn(meta: Fields, name: string, place: string, problems: Problem[]): Named | undefined {
  const held = meta.get(name);
  if (held === undefined) return undefined;
  const fields = readFields(held, place, problems);
  if (fields === null) {
    problems.push(wrong(`/${name}`, "expected a record"));
    return undefined;
  }
  const isWritten = held instanceof Y.Map && held.get(EMPTY) === true;
  return Object.keys(fields).length > 0 || isWritten ? fields : undefined;
}

/** Puts a list of entries among the graph's fields, when it has any. */
function putList<T>(
  plain: Named,
  meta: Fields,
  name: string,
  projectOne: (key: string, entry: unknown) => Entry<T>,
  problems: Problem[],
) {
  const map = meta.get(name);
  if (!(map instanceof Y.Map)) return;
  const entries = entriesOf(map as Fields, projectOne);
  problems.push(...entries.flatMap((entry) => entry.problems));
  const list = shownOf(entries);
  if (list.length === 0) return;
  const hidden = plain[name];
  if (hidden !== undefined && !(Array.isArray(hidden) && hidden.length === 0)) {
    problems.push(wrong(`/graph/${name}`, `two different ${name} were made at once; one of them is shown`));
  }
  plain[name] = list as Json;
}

export function projectNode(key: string, entry: unknown): Entry<WorkflowNode> {
  const problems: Problem[] = [];
  const fields = entryFields(key, entry, "nodes", problems);
  if (!fields) return { value: null, problems };
  const found: Problem[] = [];
  const id = needed(fields, "id", key, found);
  const type = needed(fields, "type", "", found);
  lookAtPosition(fields, found);
  const own: Named = { ...fitting(fields, NODE_FITS, "", found), id, type };
  const isWritten = entry instanceof Y.Map && entry.get(EMPTY) === true;
  if (isRecord(own["params"]) && Object.keys(own["params"]).length === 0 && !isWritten) delete own["params"];
  return {
    value: inTurn(own, NODE_FIELDS) as unknown as WorkflowNode,
    problems: [...problems, ...found].map((problem) => at(problem, { node: key })),
  };
}

/** A text that a node cannot be without; `otherwise` when there is none. */
function needed(fields: Named, name: string, otherwise: string, problems: Problem[]): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  problems.push(wrong(`/${name}`, "expected a text", `set the field \`${name}\``));
  return otherwise;
}

/** A place on the canvas is two numbers. */
function lookAtPosition(fields: Named, problems: Problem[]) {
  const position = fields["position"];
  if (position === undefined) return;
  const isPlace = isRecord(position) && ["x", "y"].every((name) => typeof position[name] === "number");
  if (isPlace) return;
  const message = "expected the two numbers `x` and `y`";
  problems.push({ ...wrong("/position", message, "move the node"), code: "no-position" });
}

export function projectEdge(key: string, entry: unknown): Entry<WorkflowEdge> {
  const problems: Problem[] = [];
  const fields = entryFields(key, entry, "edges", problems);
  if (!fields) return { value: null, problems };
  const place = `/graph/edges/${part(key)}`;
  for (const name of ["source", "target"]) {
    if (typeof fields[name] === "string") continue;
    const message = `an edge needs the node that it joins in \`${name}\``;
    problems.push(wrong(`${place}/${name}`, message, "remove the edge and draw it again"));
    return { value: null, problems };
  }
  const own = fitting(fields, EDGE_FITS, place, problems);
  return { value: inTurn(own, EDGE_FIELDS) as unknown as WorkflowEdge, problems };
}

export function projectNote(key: string, entry: unknown): Entry<Note> {
  const problems: Problem[] = [];
  const fields = entryFields(key, entry, "notes", problems);
  if (!fields) return { value: null, problems };
  return { value: inTurn(withId(fields, key), ["id", "text"]) as unknown as Note, problems };
}

export function projectGroup(key: string, entry: unknown): Entry<Group> {
  const problems: Problem[] = [];
  const fields = entryFields(key, entry, "groups", problems);
  if (!fields) return { value: null, problems };
  const members = entry instanceof Y.Map ? entry.get("nodes") : undefined;
  const listed = Array.isArray(fields["nodes"]) ? fields["nodes"].filter((id) => typeof id === "string") : [];
  const nodes = members instanceof Y.Map ? inOrder(members as Fields) : [...new Set(listed)];
  return { value: { ...inTurn(withId(fields, key), ["id", "title"]), nodes } as unknown as Group, problems };
}

const withId = (fields: Named, key: string): Named =>
  typeof fields["id"] === "string" ? fields : { ...fields, id: key };

function entryFields(key: string, entry: unknown, list: string, problems: Problem[]): Named | null {
  if (entry === undefined) return null;
  const place = `/graph/${list}/${part(key)}`;
  const fields = readFields(entry, place, problems);
  if (fields === null) {
    const message = `expected a record in \`${list}\`, found something else`;
    problems.push(wrong(place, message, "remove it in the editor, or restore a version"));
  }
  return fields;
}

/** The fields in the order that files have them: the known ones in theirs, then the others by name. */
function inTurn(fields: Named, known: readonly string[]): Named {
  const others = Object.keys(fields).filter((name) => !known.includes(name));
  const names = [...known.filter((name) => name in fields), ...others.sort()];
  return Object.fromEntries(names.map((name) => [name, fields[name] as Json]));
}
