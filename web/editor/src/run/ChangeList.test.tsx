import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import type { ValueChange } from "../api/types";
import { readJson } from "../lib/exact";
import { ChangeList } from "./ChangeList";
import { workflowChanges } from "./DiffPane";

afterEach(cleanup);

const CHANGES = `[{"path":"/price","op":"changed","from":null,"before":8.0,"after":8,"lines":null},
  {"path":"/line","op":"added","from":null,"before":null,"after":{"price":1.0},"lines":null}]`;

test("a float and an integer are seen to differ", () => {
  const { container } = render(<ChangeList changes={readJson(CHANGES) as unknown as ValueChange[]} />);
  const texts = [...container.querySelectorAll("del, ins")].map((side) => side.textContent);
  expect(texts).toEqual(["8.0", "8", `{"price":1.0}`]);
});

test("so they are in a node of the workflow", () => {
  const nodes = readJson(`[{"id":"add","op":"changed","changes":${CHANGES}}]`) as never;
  const changes = workflowChanges({ nodes, edgesAdded: [], edgesRemoved: [], rest: [] });
  const { container } = render(<ChangeList changes={changes} />);
  expect(container.querySelector("del")?.textContent).toBe("8.0");
  expect(container.querySelector("code")?.textContent).toBe("add/price");
});
