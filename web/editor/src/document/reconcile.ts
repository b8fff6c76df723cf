/**
 * Makes a document show a workflow. What it shows now and what it should show are laid out side by side, and only where these
 * differ is anything written: what cannot be shown is left where it is, until somebody writes that very thing.
 */
import * as Y from "yjs";
import type { Group, Note, Workflow, WorkflowEdge, WorkflowNode } from "../api/types";
import { same } from "./json";
import { edgeKey, isGroup, isNote, load, yEdge, yGroup, yNode, yNote, type Specs } from "./load";
import { fromShared } from "./nested";
import { projectEdge, projectGroup, projectNode, projectNote, project, type Entry } from "./project";
import { freeKey, inOrder, ORDER, orderOf, roots, within, type Fields } from "./shape";
import { rewrite } from "./text";

/** Must be called inside a transaction. */
export function reconcile(doc: Y.Doc, workflow: Workflow, specs: Specs) {
  const { nodes, edges, meta } = roots(doc);
  if (nodes.size + edges.size + meta.size === 0) return void load(workflow, specs, doc);
  const [now, then] = [project(doc), workflow];
  const [have, want] = [roots(load(now, specs)), roots(load(then, specs))];
  alignFields(meta, have.meta, want.meta, LISTS);
  alignEntries(
    { map: nodes as Fields, projectOne: projectNode, nameOf: idOf, make: (node, order) => yNode(node, order, specs) },
    { map: have.nodes as Fields, list: now.graph.nodes },
    { map: want.nodes as Fields, list: then.graph.nodes },
  );
  alignEntries(
    { map: edges as Fields, projectOne: projectEdge, nameOf: edgeKey, make: yEdge },
    { map: have.edges as Fields, list: now.graph.edges },
    { map: want.edges as Fields, list: then.graph.edges },
  );
  alignList(
    { meta, name: "notes", projectOne: projectNote, nameOf: idOf, make: yNote },
    listed<Note>(have.meta, "notes", now, isNote),
    listed<Note>(want.meta, "notes", then, isNote),
  );
  alignList(
    { meta, name: "groups", projectOne: projectGroup, nameOf: idOf, make: yGroup, besides: [ORDER, "nodes"], also },
    listed<Group>(have.meta, "groups", now, isGroup),
    listed<Group>(want.meta, "groups", then, isGroup),
  );
}

const also = (group: Fields, before: Group, after: Group) => alignMembers(group, before.nodes, after.nodes);

function alignList<T extends Note | Group>(
  { meta, name, ...kind }: Omit<Kind<T>, "map"> & { meta: Fields; name: string },
  have: Laid<T>,
  want: Laid<T>,
) {
  // What stands in a list's place, and is none, stays until there is something to list.
  if (have.list.length + want.list.length === 0) return;
  const found = meta.get(name);
  const map: Fields = found instanceof Y.Map ? (found as Fields) : new Y.Map();
  if (map !== found) meta.set(name, map);
  alignEntries({ ...kind, map }, have, want);
}

/** What lies in `meta` as entries of its own. */
const LISTS: readonly string[] = ["notes", "groups"];

/** How the entries of a list lie in the document, and how they are called in the workflow. */
interface Kind<T> {
  map: Fields;
  projectOne: (key: string, entry: unknown) => Entry<T>;
  nameOf: (entry: T) => string;
  make: (entry: T, order: number) => Fields;
  /** Fields that are not aligned one by one, and what aligns them. */
  besides?: readonly string[];
  also?: (found: Fields, before: T, after: T) => void;
}

/** A list of the workflow, laid out in a document of its own. */
interface Laid<T> {
  map: Fields;
  list: readonly T[];
}

const idOf = ({ id }: { id: string }) => id;

/** A list that is no list of entries is a plain field, and is aligned with those. */
function listed<T extends Note | Group>(
  meta: Fields,
  name: "notes" | "groups",
  { graph }: Workflow,
  isEntry: (entry: unknown) => boolean,
): Laid<T> {
  const list = graph[name] as unknown;
  const isList = Array.isArray(list) && list.length > 0 && list.every(isEntry);
  return { map: within(meta, name), list: isList ? (list as T[]) : [] };
}

/** An entry as it lies in the document, and as what it shows is laid out. */
interface Known<T> {
  key: string;
  entry: T;
  fields: Fields;
}

/** Those of one name are the same entry, the first the first. */
function alignEntries<T extends WorkflowNode | WorkflowEdge | Note | Group>(
  { map, projectOne, nameOf, make, besides = [ORDER], also }: Kind<T>,
  have: Laid<T>,
  want: Laid<T>,
) {
  const keys = inOrder(map).filter((key) => projectOne(key, map.get(key)).value !== null);
  const laid = inOrder(have.map);
  const known = new Map<string, Known<T>[]>();
  have.list.forEach((entry, at) => {
    const one = { key: keys[at] as string, entry, fields: have.map.get(laid[at] as string) as Fields };
    const others = known.get(nameOf(entry));
    if (others) others.push(one);
    else known.set(nameOf(entry), [one]);
  });
  const kept = want.list.map((entry) => known.get(nameOf(entry))?.shift());
  for (const { key } of [...known.values()].flat()) map.delete(key);
  const wanted = inOrder(want.map).map((key) => want.map.get(key) as Fields);
  const orders = isInPlace(
    keys,
    kept.map((one) => one?.key),
  )
    ? null
    : rising(kept.map((one) => one && orderOf(map.get(one.key))));
  want.list.forEach((entry, at) => {
    const [one, order] = [kept[at], orders?.[at]];
    if (!one) return map.set(freeKey(map, nameOf(entry)), make(entry, order ?? 0));
    const [found, after] = [map.get(one.key), wanted[at] as Fields];
    // An entry that somebody wrote as one plain value is replaced as one.
    if (!(found instanceof Y.Map)) {
      if (!isAlike(one.fields, after) || order !== undefined) map.set(one.key, make(entry, order ?? orderOf(found)));
      return;
    }
    alignFields(found as Fields, one.fields, after, besides);
    also?.(found as Fields, one.entry, entry);
    if (order !== undefined && order !== found.get(ORDER)) found.set(ORDER, order);
  });
}

/** Whether the entries that stay are in their order already, and none is new. */
function isInPlace(keys: readonly string[], kept: readonly (string | undefined)[]): boolean {
  let from = 0;
  return kept.every((key) => {
    from = key === undefined ? 0 : keys.indexOf(key, from) + 1;
    return from > 0;
  });
}

/** Orders that rise; those that rise already stay as they are. */
function rising(orders: readonly (number | undefined)[]): number[] {
  let last = -1;
  return orders.map((order) => (last = order !== undefined && order > last ? order : Math.floor(last) + 1));
}

/** The members of a group are the names of a map, each with its order. */
function alignMembers(group: Fields, before: readonly string[], after: readonly string[]) {
  if (same(before, after)) return;
  const found = group.get("nodes");
  const members: Fields = found instanceof Y.Map ? (found as Fields) : new Y.Map();
  if (members !== found) group.set("nodes", members);
  for (const id of before) if (!after.includes(id)) members.delete(id);
  const kept = after.map((id) => (members.has(id) ? id : undefined));
  if (isInPlace(inOrder(members), kept)) return;
  const orders = rising(kept.map((id) => (id === undefined ? undefined : orderOf(members.get(id)))));
  after.forEach((id, at) => orders[at] !== members.get(id) && members.set(id, orders[at]));
}

/** Writes what is to be shown where it differs from what is shown; `besides` is aligned elsewhere. */
function alignFields(map: Fields, have: Fields, want: Fields, besides: readonly string[] = [ORDER]) {
  for (const name of [...have.keys()]) if (!want.has(name) && !besides.includes(name)) map.delete(name);
  for (const [name, wanted] of want) {
    const shown = have.get(name);
    if (!besides.includes(name) && !(have.has(name) && isAlike(shown, wanted))) alignPart(map, name, shown, wanted);
  }
}

function alignPart(map: Fields, name: string, shown: unknown, wanted: unknown) {
  const found = map.get(name);
  if (found instanceof Y.Map && shown instanceof Y.Map && wanted instanceof Y.Map) {
    alignFields(found as Fields, shown as Fields, wanted as Fields, []);
  } else if (found instanceof Y.Text && isText(shown) && isText(wanted)) rewrite(found, String(wanted));
  else map.set(name, copy(wanted));
}

/** Whether two parts that were laid out say the same. */
function isAlike(a: unknown, b: unknown): boolean {
  if (a instanceof Y.Map && b instanceof Y.Map) {
    return a.size === b.size && [...a].every(([name, value]) => b.has(name) && isAlike(value, b.get(name)));
  }
  if (a instanceof Y.Text || b instanceof Y.Text) {
    return a instanceof Y.Text && b instanceof Y.Text && a.toString() === b.toString();
  }
  return !(a instanceof Y.Map) && !(b instanceof Y.Map) && same(fromShared(a), fromShared(b));
}

const isText = (value: unknown) => value instanceof Y.Text || typeof value === "string";

/** A shared type belongs to one document, so what was laid out cannot be moved over. */
function copy(value: unknown): unknown {
  if (value instanceof Y.Text) return new Y.Text(value.toString());
  if (!(value instanceof Y.Map)) return value;
  const made: Fields = new Y.Map();
  for (const [name, held] of value) made.set(name, copy(held));
  return made;
}
