import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { historyOf } from "../../document/history";
import { load } from "../../document/load";
import { project } from "../../document/project";
import { beginThread, piecesOf, reply, resolve, takeBack, threadsOf } from "./comments";

const WORKFLOW = { id: "w", graph: { nodes: [{ id: "a", type: "log" }], edges: [] } };
const start = () => load(WORKFLOW);

test("a thread is begun, answered, resolved and opened again, and the workflow knows nothing of it", () => {
  const doc = start();
  const id = beginThread(doc, { node: "a" }, { by: "Ada", text: " why? " }) as string;
  reply(doc, id, { by: "Grace", text: "because" });
  expect(threadsOf(doc)).toMatchObject([{ id, about: { node: "a" }, resolved: null }]);
  expect(
    threadsOf(doc)[0]
      ?.messages.map(({ by, text }) => `${by}: ${text}`)
      .sort(),
  ).toEqual(["Ada: why?", "Grace: because"]);
  resolve(doc, id, "Grace");
  expect(threadsOf(doc)[0]?.resolved?.by).toBe("Grace");
  reply(doc, id, { by: "Ada", text: "not yet" });
  expect(threadsOf(doc)[0]?.resolved).toBeNull();
  expect(project(doc)).toEqual(WORKFLOW);
  expect(historyOf(doc).canUndo()).toBe(false);
});

test("two who answer at once are both heard", () => {
  const one = start();
  const id = beginThread(one, { edge: "a>b" }, { by: "Ada", text: "?" }) as string;
  const other = new Y.Doc();
  Y.applyUpdate(other, Y.encodeStateAsUpdate(one));
  reply(one, id, { by: "Ada", text: "mine" });
  reply(other, id, { by: "Grace", text: "theirs" });
  resolve(other, id, "Grace");
  Y.applyUpdate(other, Y.encodeStateAsUpdate(one));
  Y.applyUpdate(one, Y.encodeStateAsUpdate(other));
  expect(threadsOf(one)).toEqual(threadsOf(other));
  expect(threadsOf(one)[0]?.messages).toHaveLength(3);
});

test("a thread goes with its last message, and nothing is said with no words", () => {
  const doc = start();
  expect(beginThread(doc, { run: "r", frame: 7 }, { by: "Ada", text: "  " })).toBeNull();
  const id = beginThread(doc, { run: "r", frame: 7 }, { by: "Ada", text: "x" }) as string;
  reply(doc, id, { by: "Ada", text: " " });
  const [message] = threadsOf(doc)[0]?.messages ?? [];
  takeBack(doc, id, message?.id ?? "");
  expect(threadsOf(doc)).toEqual([]);
});

test("what has not the shape of a thread is passed over", () => {
  const doc = start();
  const root = doc.getMap("comments");
  root.set("a", 3);
  root.set("b", new Y.Map([["about", { node: "a" }]]));
  root.set("c", new Y.Map<unknown>([["about", { node: 4 }]]));
  root.set(
    "d",
    new Y.Map<unknown>([
      ["about", { node: "a" }],
      ["messages", new Y.Map([["m", { by: 1 }]])],
    ]),
  );
  expect(threadsOf(doc)).toEqual([]);
});

describe("a mention", () => {
  const names = ["Ada", "Ada Lovelace", "Grace"];
  test.each([
    ["ask @Ada Lovelace or @grace!", ["@Ada Lovelace", "@grace"]],
    ["@Adam and mail@example.com", []],
    ["@Ada", ["@Ada"]],
    ["@nobody", []],
  ])("%s", (text, mentions) => {
    const pieces = piecesOf(text, names);
    expect(pieces.filter(({ isMention }) => isMention).map((piece) => piece.text)).toEqual(mentions);
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  });
});
