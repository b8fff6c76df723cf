import { act, cleanup, render } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RunDetail } from "../api/types";
import { columnsOf } from "./fixtures";
import { FrameTable } from "./frameTable";
import { RunHeader } from "./RunHeader";

vi.mock("../ui/Link", () => ({ Link: ({ children }: { children: React.ReactNode }) => <a href="#run">{children}</a> }));
vi.mock("../history/RunVersion", () => ({ RunVersion: () => null }));

vi.mock("../history/RunVersion", () => ({ RunVersion: () => null }));

const START = "2026-01-01T00:00:00.000Z";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(START) + 2000 });
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const detail = (fields: Partial<RunDetail>) =>
  ({
    run: "run-a",
    started: START,
    status: "WAITING",
    waits: [],
    forkOf: null,
    frames: 1,
    mode: "live",
    ...fields,
  }) as unknown as RunDetail;

test("the time of a run that waits goes on", () => {
  const table = FrameTable.from(columnsOf([{ node: "ask", opened: 2, ms: [5, -1] }], "WAITING"));
  const { container } = render(<RunHeader detail={detail({})} table={table} />);
  expect(container.textContent).toContain("2.0 s");
  act(() => void vi.advanceTimersByTime(7000));
  expect(container.textContent).toContain("9.0 s");
});

test("that of a run that has ended does not", () => {
  const table = FrameTable.from(columnsOf([{ node: "ask", opened: 2, closed: 3 }]));
  const { container } = render(<RunHeader detail={detail({ status: "COMPLETED", durationMs: 40 })} table={table} />);
  act(() => void vi.advanceTimersByTime(7000));
  expect(container.textContent).toContain("40 ms");
});
