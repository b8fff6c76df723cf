import { cleanup, fireEvent, render } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Workflow } from "../api/types";
import { readJson, writeJson } from "../lib/exact";
import type { Change } from "./ForkDialog";
import { ForkEdit } from "./ForkEdit";

afterEach(cleanup);

const WORKFLOW = readJson(
  `{"id":"w","graph":{"nodes":[{"id":"add","type":"data.set","params":{"factor":1.0,"text":"1.0"}}],"edges":[]}}`,
) as unknown as Workflow;

async function edited(kind: "input" | "param", held: string, change: (text: string) => string) {
  const changes = vi.fn<(change: Change | null) => void>();
  const { getByLabelText, findByRole } = render(
    <ForkEdit
      workflow={WORKFLOW}
      node="add"
      nameOf={(id) => id}
      inputOf={() => Promise.resolve(held)}
      onChange={changes}
    />,
  );
  fireEvent.change(getByLabelText("What is different"), { target: { value: kind } });
  const field = (await findByRole("textbox")) as HTMLTextAreaElement;
  fireEvent.change(field, { target: { value: change(field.value) } });
  return writeJson(changes.mock.lastCall?.[0]);
}

test("an input that is changed in one place keeps its other numbers as they were", async () => {
  const held = `{"price":8.0,"id":12345678901234567890,"quantity":30}`;
  expect(await edited("input", held, (text) => text.replace("30", "3"))).toBe(
    `{"kind":"input","node":"add","inputs":{"add":{"price":8.0,"id":12345678901234567890,"quantity":3}}}`,
  );
});

test("a number that is the whole input is sent as it was typed", async () => {
  expect(await edited("input", "8.0", () => "9.0")).toBe(`{"kind":"input","node":"add","inputs":{"add":9.0}}`);
});

test("a parameter is shown and sent as it is written", async () => {
  expect(await edited("param", "", (text) => text.replace("1.0", "2.0"))).toBe(
    `{"kind":"param","node":"add","set":{"add.factor":2.0}}`,
  );
});
