import { expect, test } from "vitest";
import type { Workflow } from "../api/types";
import { readJson, writeJson } from "../lib/exact";
import { setPinned } from "./edits";
import { load } from "./load";
import { project } from "./project";

const written = (pinned: string) =>
  `{"id":"w","graph":{"nodes":[{"id":"a","type":"log","pinned":${pinned}}],"edges":[]}}`;
const opened = (text: string) => load(readJson(text) as unknown as Workflow);

test.each(["8.0", '{"total":8.0,"rows":[1,2.50]}', "9007199254740993", '"8.0"', "null", "[]"])(
  "what is pinned is saved as it was written: %s",
  (text) => {
    expect(writeJson(project(opened(written(text))))).toBe(written(text));
    const doc = opened(written("1"));
    setPinned(doc, "a", JSON.parse(text), text);
    expect(writeJson(project(doc))).toBe(written(text));
    setPinned(doc, "a", 3);
    expect(writeJson(project(doc))).toBe(written("3"));
  },
);
