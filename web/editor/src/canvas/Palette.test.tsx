import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { NodeSpec } from "../api/types";
import { Palette } from "./Palette";
import { closePalette, openPalette } from "./paletteStore";

const search = vi.hoisted(() => vi.fn<(query: string) => Promise<NodeSpec[]>>());
vi.mock("../api/catalogue", () => ({ searchNodes: search }));

const spec = (type: string, title: string, ...words: string[]) =>
  ({ type, title, summary: "", words, icon: "", role: "", inputs: [{}], outputs: [{}] }) as unknown as NodeSpec;
const APPROVE = spec("flow.approve", "Approve", "wait for person");
const WAIT = spec("flow.wait", "Wait");

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
  Element.prototype.scrollIntoView = () => undefined;
});
afterEach(() => {
  cleanup();
  closePalette();
  vi.unstubAllGlobals();
});

function opened() {
  let answer!: (specs: NodeSpec[]) => void;
  let refuse!: (error: Error) => void;
  search.mockImplementation(
    () =>
      new Promise((resolve, reject) => {
        [answer, refuse] = [resolve, reject];
      }),
  );
  const onPick = vi.fn<(spec: NodeSpec) => void>();
  openPalette({ screen: { x: 0, y: 0 }, at: null, edge: "a.out>b.in" });
  const { getByRole, getAllByRole } = render(
    <QueryClientProvider client={new QueryClient()}>
      <Palette all={[APPROVE, WAIT]} onPick={onPick} />
    </QueryClientProvider>,
  );
  const field = getByRole("combobox");
  return {
    type: (text: string) => fireEvent.change(field, { target: { value: text } }),
    press: (key: string) => fireEvent.keyDown(field, { key }),
    answer: (specs: NodeSpec[]) => act(async () => answer(specs)),
    refuse: () => act(async () => refuse(new Error("away"))),
    titles: () => getAllByRole("option").map((option) => option.textContent),
    picked: () => onPick.mock.calls.map(([each]) => each.title),
  };
}

test("Enter takes the best answer, also when it is pressed before there is one", async () => {
  const palette = opened();
  palette.type("wait");
  palette.press("Enter");
  expect(palette.picked()).toEqual([]);
  await palette.answer([WAIT, APPROVE]);
  await waitFor(() => expect(palette.picked()).toEqual(["Wait"]));
});

test("Enter takes what looks alike when the service does not answer", async () => {
  const palette = opened();
  palette.type("wait");
  palette.press("Enter");
  await palette.refuse();
  await waitFor(() => expect(palette.picked()).toEqual(["Approve"]));
});

test("what is typed after Enter is not picked unasked", async () => {
  const palette = opened();
  palette.type("wai");
  palette.press("Enter");
  palette.type("wait");
  await palette.answer([WAIT]);
  await waitFor(() => expect(palette.titles()).toEqual(["Wait"]));
  expect(palette.picked()).toEqual([]);
});

test("what the arrows chose is taken at once", async () => {
  const palette = opened();
  palette.press("ArrowDown");
  palette.press("Enter");
  expect(palette.picked()).toEqual(["Wait"]);
});
