// @vitest-environment node
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket as Socket } from "ws";
import * as Y from "yjs";
import { addNode, removeNodes, setNodeField, setParam } from "../document/edits";
import { load } from "../document/load";
import { project } from "../document/project";
import { watchArrivals, wordsOf, type Arrived } from "./arrived";
import { playService, type PlayedService } from "./playService";
import { joinRoom, type Joined } from "./provider";

vi.setConfig({ testTimeout: 30_000 });
const until = (what: () => void) => vi.waitFor(what, { timeout: 20_000, interval: 10 });

let service: PlayedService;
let joined: Joined[] = [];
afterEach(async () => {
  joined.forEach(({ leave }) => leave());
  joined = [];
  await service.away();
});

const join = (doc: Y.Doc) => {
  const made = joinRoom(doc, {
    rooms: service.rooms,
    workflow: "w",
    socket: Socket as unknown as typeof WebSocket,
    tabs: false,
  });
  joined.push(made);
  return made;
};
const saved = ({ saver }: Joined) => until(() => expect(saver.saved.state.kind).toBe("saved"));

test("what others did meanwhile is told with its nodes and their names, and what was typed here is kept", async () => {
  service = await playService();
  const nodes = ["a", "b", "c"].map((id) => ({ id, type: "log", name: `Log ${id}` }));
  load({ id: "w", graph: { nodes, edges: [] } }, undefined, service.room("w").doc);
  const [mine, theirs] = [new Y.Doc(), new Y.Doc()];
  const me = join(mine);
  const other = join(theirs);
  other.provider.awareness.setLocalState({ user: { name: "Ada" } });
  await Promise.all([saved(me), saved(other)]);
  const told: Arrived[] = [];
  const stop = watchArrivals(mine, me.provider, (arrived) => told.push(arrived));
  me.provider.disconnect();
  expect(me.saver.saved.state.kind).toBe("offline");
  for (const text of ["t", "ty", "typed"]) setParam(mine, "a", "message", text, { typing: true });
  setParam(theirs, "b", "message", "of Ada");
  removeNodes(theirs, ["c"]);
  const added = addNode(theirs, { type: "log" });
  setNodeField(theirs, added, "name", "New log");
  await saved(other);
  me.provider.connect();
  await until(() => expect(told).toHaveLength(1));
  expect(told[0]).toMatchObject({ changed: ["Log b"], added: ["New log"], removed: ["Log c"], by: ["Ada"] });
  expect(wordsOf(told[0] as Arrived)).toBe("Back online. Meanwhile Ada changed Log b, added New log, removed Log c.");
  await saved(me);
  await until(() => expect(project(theirs)).toEqual(project(mine)));
  expect(project(mine).graph.nodes[0]?.params).toEqual({ message: "typed" });
  stop();
});

test("when nothing came, nothing is told", async () => {
  service = await playService();
  load({ id: "w", graph: { nodes: [{ id: "a", type: "log" }], edges: [] } }, undefined, service.room("w").doc);
  const doc = new Y.Doc();
  const me = join(doc);
  await saved(me);
  const tell = vi.fn();
  const stop = watchArrivals(doc, me.provider, tell);
  await service.away();
  await until(() => expect(me.saver.saved.state.kind).toBe("offline"));
  setParam(doc, "a", "message", "mine");
  await service.back();
  await saved(me);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(tell).not.toHaveBeenCalled();
  stop();
});

test("many names are counted", () => {
  const changed = ["a", "b", "c", "d", "e", "f"];
  expect(wordsOf({ added: [], changed, removed: [], more: false, by: [] })).toBe(
    "Back online. Meanwhile others changed a, b, c and 3 more.",
  );
});

test("ten thousand edits made offline are merged within two seconds", async () => {
  service = await playService();
  const nodes = Array.from({ length: 50 }, (_, at) => ({ id: `n${at}`, type: "log", params: { message: "" } }));
  load({ id: "w", graph: { nodes, edges: [] } }, undefined, service.room("w").doc);
  const doc = new Y.Doc();
  const me = join(doc);
  await saved(me);
  me.provider.disconnect();
  for (let n = 0; n < 10_000; n++) setParam(doc, `n${n % 50}`, "message", `edit ${n}`);
  const began = performance.now();
  me.provider.connect();
  await saved(me);
  expect(performance.now() - began).toBeLessThan(2000);
  expect(project(service.room("w").doc)).toEqual(project(doc));
});
