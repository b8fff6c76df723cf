// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket as Socket } from "ws";
import { ServiceError } from "../api/client";
import type { Workflow } from "../api/types";
import { heedRight } from "../api/session";
import { getWorkflow } from "../api/workflows";
import { playService, type PlayedService } from "../collab/playService";
import { addNode, setParam } from "./edits";
import { load } from "./load";
import { openWorkflow, type Opened } from "./open";
import { project } from "./project";

vi.mock("../api/workflows");
vi.mock("../api/session");

const FIRST: Workflow = {
  id: "w",
  graph: { nodes: [{ id: "a", type: "log", params: { message: "one" } }], edges: [], notes: [] },
};

vi.setConfig({ testTimeout: 30_000 });

let service: PlayedService;
let opened: Opened[] = [];

beforeEach(async () => {
  service = await playService();
  vi.mocked(getWorkflow).mockResolvedValue({ workflow: structuredClone(FIRST), hash: "aa" });
  vi.mocked(heedRight).mockResolvedValue("editor");
});

afterEach(async () => {
  opened.forEach((each) => each.close());
  opened = [];
  await service.away();
});

const open = async (id: string, { tabs = false, anew = vi.fn() } = {}) => {
  const socket = Socket as unknown as typeof WebSocket;
  const made = await openWorkflow(id, anew, { rooms: service.rooms, socket, tabs });
  opened.push(made);
  return made;
};
const close = (each: Opened) => {
  opened = opened.filter((other) => other !== each);
  each.close();
};
const nodes = ({ doc }: Opened) => project(doc).graph.nodes.map(({ id, params }) => `${id} ${JSON.stringify(params)}`);
const until = (what: () => void) => vi.waitFor(what, { timeout: 20_000, interval: 10 });
const saved = (each: Opened) => until(() => expect(each.saver.saved.state.kind).toBe("saved"));

test("two who open a workflow at once have one document, and both write in it", async () => {
  load(FIRST, undefined, service.room("at-once").doc);
  const [one, other] = await Promise.all([open("at-once"), open("at-once")]);
  setParam(one.doc, "a", "message", "from one");
  setParam(other.doc, "a", "level", "from the other");
  addNode(other.doc, { type: "log" });
  await until(() => {
    expect(nodes(one)).toHaveLength(2);
    expect(nodes(one)).toEqual(nodes(other));
  });
  expect(project(one.doc).graph.nodes[0]?.params).toEqual({ message: "from one", level: "from the other" });
});

test("two tabs of one browser tell each other also while the service is away", async () => {
  load(FIRST, undefined, service.room("tabs").doc);
  const [one, other] = await Promise.all([open("tabs", { tabs: true }), open("tabs", { tabs: true })]);
  await Promise.all([saved(one), saved(other)]);
  await service.away();
  setParam(one.doc, "a", "message", "typed in one tab");
  await until(() => expect(nodes(other)).toEqual(['a {"message":"typed in one tab"}']));
  await service.back();
  await Promise.all([saved(one), saved(other)]);
});

test("what was typed while the service was away is there when the page is opened again, and is sent then", async () => {
  const { doc } = service.room("kept");
  load(FIRST, undefined, doc);
  const first = await open("kept");
  await saved(first);
  await service.away();
  vi.mocked(getWorkflow).mockRejectedValue(
    new ServiceError({ title: "", status: 0, code: "unreachable", detail: "away" }),
  );
  setParam(first.doc, "a", "message", "typed offline");
  await new Promise((resolve) => setTimeout(resolve, 50));
  close(first);
  const again = await open("kept");
  expect(nodes(again)).toEqual(['a {"message":"typed offline"}']);
  await until(() => expect(again.saver.saved.state.kind).toBe("offline"));
  await service.back();
  await saved(again);
  expect(project(doc).graph.nodes[0]?.params).toEqual({ message: "typed offline" });
});

test("what cannot be opened says why", async () => {
  vi.mocked(getWorkflow).mockRejectedValue(
    new ServiceError({ title: "", status: 404, code: "no-workflow", detail: "none" }),
  );
  await expect(open("none")).rejects.toThrow("none");
});

test("a workflow that was deleted and made again is not mixed with what this browser kept of the old one", async () => {
  load(FIRST, undefined, service.room("twice").doc);
  const old = await open("twice");
  await saved(old);
  close(old);
  service.forget("twice");
  const made = service.room("twice").doc;
  load({ id: "twice", graph: { nodes: [{ id: "b", type: "log" }], edges: [] } }, undefined, made);
  const anew = vi.fn();
  const stale = await open("twice", { anew });
  await until(() => expect(anew).toHaveBeenCalled());
  close(stale);
  const fresh = await open("twice");
  await saved(fresh);
  expect(project(fresh.doc).graph.nodes.map(({ id }) => id)).toEqual(["b"]);
  expect(project(made).graph.nodes.map(({ id }) => id)).toEqual(["b"]);
  const kept = (await indexedDB.databases()).map(({ name }) => name);
  expect(kept.filter((name) => name?.startsWith("flowforge/document/twice/aside/"))).toHaveLength(1);
});

test("a viewer is told so, also when the right to write was taken away meanwhile", async () => {
  load(FIRST, undefined, service.room("seen").doc);
  const one = await open("seen");
  await saved(one);
  vi.mocked(heedRight).mockResolvedValue("viewer");
  service.close(4403);
  await until(() => expect(one.saver.saved.state.kind).toBe("read-only"));
  // They go on seeing what others do.
  await until(() => expect(one.provider.wsconnected).toBe(true));
  addNode(service.room("seen").doc, { type: "log" });
  await until(() => expect(nodes(one)).toHaveLength(2));
});
