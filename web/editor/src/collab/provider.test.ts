// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket as Socket } from "ws";
import * as Y from "yjs";
import { edit } from "../document/edit";
import { historyOf } from "../document/history";
import { load } from "../document/load";
import { roots } from "../document/shape";
import { playService, type PlayedService } from "./playService";
import { joinRoom, type Joined } from "./provider";

vi.setConfig({ testTimeout: 30_000 });

let service: PlayedService;
let joined: (Joined & { doc: Y.Doc })[] = [];

beforeEach(async () => {
  service = await playService();
});

afterEach(async () => {
  joined.forEach(({ leave }) => leave());
  joined = [];
  await service.away();
});

const join = (workflow = "w") => {
  const doc = new Y.Doc();
  const made = joinRoom(doc, {
    rooms: service.rooms,
    workflow,
    socket: Socket as unknown as typeof WebSocket,
    tabs: false,
  });
  joined.push({ ...made, doc });
  return { ...made, doc };
};
const name = (doc: Y.Doc) => roots(doc).meta.get("name");
const setName = (doc: Y.Doc, value: string) => edit(doc, "Change name", () => roots(doc).meta.set("name", value));
const state = ({ saver }: Joined) => saver.saved.state.kind;
const until = (what: () => void) => vi.waitFor(what, { timeout: 20_000, interval: 10 });

test("two people have one document, and each edit is said to be saved when the service has it", async () => {
  const [one, other] = [join(), join()];
  await until(() => expect([state(one), state(other)]).toEqual(["saved", "saved"]));
  setName(one.doc, "from one");
  expect(state(one)).toBe("saving");
  await until(() => expect(state(one)).toBe("saved"));
  expect(name(service.room("w").doc)).toBe("from one");
  await until(() => expect(name(other.doc)).toBe("from one"));
  expect(state(other)).toBe("saved");
});

test("a service that takes edits and does not say so leaves them unsaved", async () => {
  const one = join();
  await until(() => expect(state(one)).toBe("saved"));
  service.isMute = true;
  setName(one.doc, "heard?");
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(name(service.room("w").doc)).toBe("heard?");
  expect(state(one)).toBe("saving");
});

test("what is typed while the service is away is sent when it is back, and what others did comes", async () => {
  const { doc } = service.room("with spaces/and more");
  load(WORKFLOW, undefined, doc);
  const one = join("with spaces/and more");
  await until(() => expect(state(one)).toBe("saved"));
  await service.away();
  await until(() => expect(state(one)).toBe("offline"));
  setName(one.doc, "typed offline");
  expect(state(one)).toBe("offline");
  roots(doc).meta.set("description", "theirs");
  await service.back();
  await until(() => expect(state(one)).toBe("saved"));
  expect(name(doc)).toBe("typed offline");
  expect(roots(one.doc).meta.get("description")).toBe("theirs");
});

test("a connection that is closed for good says why and is not tried again", async () => {
  const one = join();
  await until(() => expect(state(one)).toBe("saved"));
  service.close(4404);
  await until(() => expect(state(one)).toBe("refused"));
  expect(one.saver.saved.state).toMatchObject({ message: "The workflow was deleted" });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(one.provider.wsconnected).toBe(false);
});

test("everybody is told of each person once, by that person alone", async () => {
  const people = [join(), join(), join()] as const;
  await until(() => expect(people.map(state)).toEqual(["saved", "saved", "saved"]));
  await new Promise((resolve) => setTimeout(resolve, 200));
  service.presence = 0;
  people[0].provider.awareness.setLocalState({ user: { name: "Ada" } });
  await until(() =>
    people.forEach(({ provider }) =>
      expect(provider.awareness.getStates().get(people[0].doc.clientID)).toEqual({ user: { name: "Ada" } }),
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(service.presence).toBe(1);
});

test("who comes back after a lost connection is seen again at once", async () => {
  const [one, other] = [join(), join()];
  one.provider.awareness.setLocalState({ user: { name: "Ada" } });
  const seen = () => other.provider.awareness.getStates().has(one.doc.clientID);
  await until(() => expect(seen()).toBe(true));
  one.provider.ws?.close();
  await until(() => expect(seen()).toBe(false));
  await until(() => expect(seen()).toBe(true));
});

const WORKFLOW = { id: "w", graph: { nodes: [{ id: "a", type: "log", params: { message: "one" } }], edges: [] } };

/** The service does something in a person's name. */
function actAs(doc: Y.Doc, client: number, act: (doc: Y.Doc) => void) {
  const hand = new Y.Doc();
  hand.clientID = client;
  Y.applyUpdate(hand, Y.encodeStateAsUpdate(doc));
  const before = Y.encodeStateVector(hand);
  hand.transact(() => act(hand));
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(hand, before));
}

const paramsOf = (doc: Y.Doc) => roots(doc).nodes.get("a")?.get("params") as Y.Map<unknown>;

test("what the service does with an announced id is one step of undo, and later typing of others stays", async () => {
  const { doc: theirs } = service.room("w");
  load(WORKFLOW, undefined, theirs);
  const [one, other] = [join(), join()];
  await until(() => expect([state(one), state(other)]).toEqual(["saved", "saved"]));
  const history = historyOf(one.doc);
  const step = history.expect(one.provider, 4242, "Log more");
  actAs(theirs, 4242, (doc) => {
    paramsOf(doc).set("message", "of the AI");
    paramsOf(doc).set("level", "debug");
  });
  await until(() => expect(paramsOf(one.doc).get("level")).toBe("debug"));
  expect(step.isStep()).toBe(true);
  edit(other.doc, "x", () => paramsOf(other.doc).set("later", "by hand"));
  await until(() => expect(paramsOf(one.doc).get("later")).toBe("by hand"));
  expect(history.undo()).toBe("Log more");
  expect(paramsOf(one.doc).toJSON()).toEqual({ message: "one", later: "by hand" });
  await until(() => expect(paramsOf(other.doc).toJSON()).toEqual({ message: "one", later: "by hand" }));
  expect(history.undo()).toBeNull();
  expect(history.redo()).toBe("Log more");
  expect(paramsOf(one.doc).get("message")).toBe("of the AI");
});

test("what others do, and what was not announced, is no step of mine", async () => {
  const { doc: theirs } = service.room("w");
  load(WORKFLOW, undefined, theirs);
  const [one, other] = [join(), join()];
  await until(() => expect([state(one), state(other)]).toEqual(["saved", "saved"]));
  historyOf(one.doc).expect(one.provider, 4242, "never comes");
  setName(other.doc, "by hand");
  actAs(theirs, 77, (doc) => paramsOf(doc).set("level", "debug"));
  await until(() => expect([name(one.doc), paramsOf(one.doc).get("level")]).toEqual(["by hand", "debug"]));
  expect(historyOf(one.doc).canUndo()).toBe(false);
});

test("an announced change that comes in one piece with others' typing is no step, so that their typing is safe", async () => {
  const { doc: theirs } = service.room("w");
  load(WORKFLOW, undefined, theirs);
  const one = join();
  await until(() => expect(state(one)).toBe("saved"));
  const step = historyOf(one.doc).expect(one.provider, 4242, "Log more");
  await service.away();
  actAs(theirs, 4242, (doc) => paramsOf(doc).set("level", "debug"));
  actAs(theirs, 77, (doc) => paramsOf(doc).set("later", "by hand"));
  await service.back();
  await until(() => expect(paramsOf(one.doc).toJSON()).toMatchObject({ level: "debug", later: "by hand" }));
  expect(step.isStep()).toBe(false);
  expect(historyOf(one.doc).canUndo()).toBe(false);
});
