import { expect, test } from "vitest";
import { load, NO_SPECS } from "./load";
import { clipText, copy, parseClip, paste, renameReferences } from "./paste";
import { project } from "./project";

const LOOP = {
  id: "w",
  graph: {
    nodes: [
      { id: "each", type: "flow.for_each", position: { x: 100, y: 100 } },
      {
        id: "in",
        type: "log",
        parent: "each",
        position: { x: 24, y: 72 },
        params: { message: '{{ nodes["each"].output }}' },
      },
      { id: "out", type: "log", position: { x: 500, y: 0 } },
    ],
    edges: [{ source: "each", target: "out" }],
  },
};

test("a loop is copied with what lies in it, which stays relative to it", () => {
  const doc = load(LOOP);
  const clip = parseClip(clipText(copy(doc, ["each"])));
  expect(clip?.nodes.map(({ id }) => id)).toEqual(["each", "in"]);
  if (!clip) return;
  const made = paste(doc, clip, { specs: NO_SPECS, by: { x: 10, y: 20 } });
  const [each, inner] = made.nodes.map((id) => project(doc).graph.nodes.find((node) => node.id === id));
  expect(each?.position).toEqual({ x: 110, y: 120 });
  expect(inner).toMatchObject({ parent: each?.id, position: { x: 24, y: 72 } });
  expect(inner?.params).toEqual({ message: `{{ nodes["${each?.id}"].output }}` });
});

test("a whole workflow, a list of nodes and one node are clips; other text is none", () => {
  expect(parseClip(JSON.stringify(LOOP))?.nodes).toHaveLength(3);
  expect(parseClip('[{"id":"a","type":"log"}]')?.nodes).toHaveLength(1);
  expect(parseClip('{"id":"a","type":"log"}')?.nodes).toHaveLength(1);
  for (const text of ["", "hello", "42", "null", "[]", "{}", '[{"id":1,"type":"log"}]', '{"nodes":"x"}']) {
    expect(parseClip(text), text).toBeNull();
  }
});

test("expressions follow by either way of naming, and only whole names", () => {
  const ids = new Map([["a", "a2"]]);
  expect(renameReferences(`nodes["a"] + nodes.a.output + nodes.ab + nodes['b']`, ids)).toBe(
    `nodes["a2"] + nodes.a2.output + nodes.ab + nodes['b']`,
  );
});
