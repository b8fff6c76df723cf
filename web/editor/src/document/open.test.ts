import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Workflow } from "../api/types";
import { getWorkflow, putWorkflow } from "../api/workflows";
import { setParam, addNode } from "./edits";
import { NO_SPECS } from "./load";
import { openWorkflow, type Opened } from "./open";
import { project } from "./project";

vi.mock("../api/workflows");
vi.mock("../api/events", () => ({ onServiceEvent: () => () => undefined }));

const FIRST: Workflow = {
  id: "w",
  graph: { nodes: [{ id: "a", type: "log", params: { message: "one" } }], edges: [], notes: [] },
};

let held: { workflow: Workflow; hash: string };
let opened: Opened[] = [];
let count = 0;

beforeEach(() => {
  count = 0;
  held = { workflow: structuredClone(FIRST), hash: "00000000aa" };
  vi.mocked(getWorkflow).mockImplementation(() => Promise.resolve(structuredClone(held)));
  vi.mocked(putWorkflow).mockImplementation((_, workflow) => {
    held = { workflow: structuredClone(workflow), hash: `0000000${++count}bb` };
    return Promise.resolve({ id: "w", version: 1, hash: held.hash, problems: [] });
  });
});

afterEach(() => {
  opened.forEach((each) => each.close());
  opened = [];
  vi.unstubAllGlobals();
});

const open = async (id: string) => {
  const made = await openWorkflow(id, NO_SPECS);
  opened.push(made);
  return made;
};
const nodes = ({ doc }: Opened) => project(doc).graph.nodes.map(({ id, params }) => `${id} ${JSON.stringify(params)}`);
const agree = (a: Opened, b: Opened) =>
  vi.waitFor(() => {
    expect(nodes(a)).toEqual(nodes(b));
  });

/** A channel on which nothing is heard until it is let through: the worst that can happen between two tabs. */
class Held {
  static all = new Set<Held>();
  static waiting: (() => void)[] = [];
  onmessage: ((message: { data: unknown }) => void) | null = null;
  constructor(readonly name: string) {
    Held.all.add(this);
  }
  postMessage(data: unknown) {
    const others = [...Held.all].filter((each) => each !== this && each.name === this.name);
    Held.waiting.push(...others.map((other) => () => other.onmessage?.({ data })));
  }
  close() {
    Held.all.delete(this);
  }
  static letThrough() {
    for (let next = Held.waiting.shift(); next; next = Held.waiting.shift()) next();
  }
}

test("two tabs that open a never-seen workflow at once have one document, and both write in it", async () => {
  vi.stubGlobal("BroadcastChannel", Held);
  const [one, other] = await Promise.all([open("at-once"), open("at-once")]);
  setParam(one.doc, "a", "message", "from one");
  setParam(other.doc, "a", "level", "from the other");
  addNode(other.doc, { type: "log" });
  Held.letThrough();
  expect(nodes(one)).toHaveLength(2);
  expect(nodes(one)).toEqual(nodes(other));
  expect(project(one.doc).graph.nodes[0]?.params).toEqual({ message: "from one", level: "from the other" });
});

test("what is written in the first tab while the second is still reading is not lost", async () => {
  let answer: () => void = () => undefined;
  const one = await open("early");
  vi.mocked(getWorkflow).mockImplementation(
    () => new Promise((resolve) => (answer = () => resolve({ workflow: structuredClone(FIRST), hash: "00000000aa" }))),
  );
  const opening = open("early");
  setParam(one.doc, "a", "message", "early");
  answer();
  const other = await opening;
  await agree(one, other);
  expect(nodes(other)).toEqual(['a {"message":"early"}']);
  setParam(other.doc, "a", "message", "late");
  await agree(one, other);
  expect(nodes(one)).toEqual(['a {"message":"late"}']);
});
