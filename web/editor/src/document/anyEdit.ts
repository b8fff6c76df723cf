/** One edit of any kind, for the laws in the tests. */
import type * as Y from "yjs";
import type { Chance } from "./chance";
import * as edits from "./edits";
import { specsByType } from "./load";
import { copy } from "./paste";
import { roots, within } from "./shape";
import { codeSpec } from "./chance";

export const SPECS = specsByType([codeSpec]);

export function anyEdit(doc: Y.Doc, chance: Chance) {
  const { nodes, edges, meta } = roots(doc);
  const ids = [...nodes.keys()];
  const id = ids.length > 0 ? chance.one(ids) : "none";
  const keys = [...edges.keys()];
  const notes = [...within(meta, "notes").keys()];
  const groups = [...within(meta, "groups").keys()];
  const wire = () => ({
    source: id,
    sourcePort: chance.one(["out", "true"]),
    target: chance.one([...ids, id]),
    targetPort: "in",
  });
  const at = () => ({ x: chance.next(500), y: chance.next(500) });
  const kinds: (() => unknown)[] = [
    () => edits.addNode(doc, { type: "code.rhai", params: { code: chance.text() }, position: at() }, SPECS),
    () => edits.addNode(doc, { type: "data.set" }, SPECS, { from: { node: id, port: "out", to: "in" } }),
    () =>
      keys.length > 0 &&
      edits.addNode(doc, { type: "log" }, SPECS, { into: { edge: chance.one(keys), from: "out", to: "in" } }),
    () => edits.remove(doc, { nodes: chance.some(ids), edges: chance.some(keys), notes: chance.some(notes) }),
    () => edits.moveNodes(doc, { [id]: at() }, chance.maybe() ? { [id]: chance.one([...ids, null]) } : {}),
    () =>
      edits.setParam(doc, id, chance.one(["code", "url", "n"]), chance.maybe() ? chance.text() : chance.json(), {
        specs: SPECS,
      }),
    () => edits.setParam(doc, id, chance.one(["code", "url"]), undefined),
    () => edits.setNodeField(doc, id, "timeoutMs", chance.maybe() ? chance.next(9) : undefined),
    () => edits.rename(doc, id, chance.text()),
    () => edits.setDisabled(doc, chance.some(ids), chance.maybe()),
    () => edits.setPinned(doc, id, chance.maybe() ? chance.json() : undefined),
    () => edits.connect(doc, wire()),
    () => keys.length > 0 && edits.reconnect(doc, chance.one(keys), wire()),
    () => edits.disconnect(doc, chance.some(keys)),
    () => edits.paste(doc, copy(doc, chance.some(ids), chance.some(notes)), { specs: SPECS, by: { x: 16, y: 16 } }),
    () => edits.group(doc, chance.some(ids), chance.text()),
    () => groups.length > 0 && edits.ungroup(doc, chance.one(groups)),
    () => groups.length > 0 && edits.setGroup(doc, chance.one(groups), { title: chance.text() }),
    () => edits.addNote(doc, at(), chance.text()),
    () => notes.length > 0 && edits.setNote(doc, chance.one(notes), { text: chance.text() }),
    () => notes.length > 0 && edits.moveNotes(doc, { [chance.one(notes)]: at() }),
    () => edits.setMeta(doc, "name", chance.maybe() ? chance.text() : undefined),
    () => edits.setMeta(doc, "tags", chance.some(["a", "b", "c"])),
    () => edits.setConfig(doc, "maxParallel", chance.next(9)),
  ];
  chance.one(kinds)();
}
