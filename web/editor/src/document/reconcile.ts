/** Makes a document hold a workflow by changing only what differs. */
import * as Y from "yjs";
import type { Workflow } from "../api/types";
import { same } from "./json";
import { edgeKey, load, yEdge, yGroup, yNode, yNote, type Specs } from "./load";
import { fromShared } from "./nested";
import { ORDER, orderOf, roots, type Fields } from "./shape";
import { rewrite } from "./text";

/** Must be called inside a transaction. */
export function reconcile(doc: Y.Doc, workflow: Workflow, specs: Specs) {
  const wanted = roots(load(workflow, specs));
  const { nodes, edges, meta } = roots(doc);
  const build = builders(workflow, specs);
  alignEntries(nodes as Fields, wanted.nodes as Fields, build.node);
  alignEntries(edges as Fields, wanted.edges as Fields, build.edge);
  alignMeta(meta, wanted.meta, build);
}

type Build = (key: string, order: number) => Fields;

/** How a new entry is made: a shared type belongs to one document, so what `wanted` holds cannot be moved over. */
function builders({ graph }: Workflow, specs: Specs) {
  const byKey = <T>(list: readonly T[] | undefined, key: (entry: T) => string) => {
    const found = new Map<string, T>();
    for (const entry of list ?? []) {
      let name = key(entry);
      for (let n = 2; found.has(name); n++) name = `${key(entry)}${n}`;
      found.set(name, entry);
    }
    return (name: string) => found.get(name) as T;
  };
  const node = byKey(graph.nodes, (entry) => entry.id);
  const edge = byKey(graph.edges, edgeKey);
  const note = byKey(graph.notes, (entry) => entry.id);
  const group = byKey(graph.groups, (entry) => entry.id);
  return {
    node: (key: string, order: number) => yNode(node(key), order, specs),
    edge: (key: string, order: number) => yEdge(edge(key), order),
    notes: (key: string, order: number) => yNote(note(key), order),
    groups: (key: string, order: number) => yGroup(group(key), order),
  };
}

function alignEntries(have: Fields, want: Fields, build: Build) {
  for (const key of [...have.keys()]) if (!want.has(key)) have.delete(key);
  for (const [key, wanted] of want) {
    const found = have.get(key);
    if (found instanceof Y.Map && wanted instanceof Y.Map) alignFields(found as Fields, wanted as Fields);
    else if (wanted instanceof Y.Map) have.set(key, build(key, orderOf(wanted as Fields)));
    else if (!same(found, wanted)) have.set(key, wanted);
  }
}

function alignMeta(have: Fields, want: Fields, build: { notes: Build; groups: Build }) {
  for (const [name, value] of want) {
    const found = have.get(name);
    if (!(value instanceof Y.Map) || !(found instanceof Y.Map)) continue;
    if (name === "notes" || name === "groups") alignEntries(found as Fields, value as Fields, build[name]);
    else alignFields(found as Fields, value as Fields);
  }
  alignPlain(have, want);
}

function alignPlain(have: Fields, want: Fields) {
  for (const [name, value] of [...have.entries()]) if (!(value instanceof Y.Map) && !want.has(name)) have.delete(name);
  for (const [name, value] of want) {
    if (!(value instanceof Y.Map) && !alike(have.get(name), value)) have.set(name, value);
  }
}

function alignFields(have: Fields, want: Fields) {
  for (const name of [...have.keys()]) if (!want.has(name)) have.delete(name);
  for (const [name, wanted] of want) {
    const found = have.get(name);
    if (wanted instanceof Y.Map && found instanceof Y.Map) alignFields(found as Fields, wanted as Fields);
    else if (wanted instanceof Y.Map) have.set(name, copy(wanted as Fields));
    else if (found instanceof Y.Text && isText(wanted)) rewrite(found, String(fromShared(wanted)));
    else if (wanted instanceof Y.Text) {
      if (found !== wanted.toString()) have.set(name, new Y.Text(wanted.toString()));
    }
    // An order that tells the same sequence may still be another number; equal ones are left alone.
    else if (name === ORDER ? found !== wanted : !alike(found, wanted)) have.set(name, wanted);
  }
}

/** Whether two values are shown alike; then the one that is there stays as it was written. */
const alike = (found: unknown, wanted: unknown) => found !== undefined && same(fromShared(found), fromShared(wanted));

const isText = (value: unknown) => value instanceof Y.Text || typeof value === "string";

function copy(map: Fields): Fields {
  const made: Fields = new Y.Map();
  for (const [name, value] of map) {
    if (value instanceof Y.Map) made.set(name, copy(value as Fields));
    else made.set(name, value instanceof Y.Text ? new Y.Text(value.toString()) : value);
  }
  return made;
}
