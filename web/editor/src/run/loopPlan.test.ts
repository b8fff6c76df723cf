import { afterEach, expect, test, vi } from "vitest";
import { columnsOf, type Written } from "./fixtures";
import { FrameTable } from "./frameTable";
import { planLoops } from "./loopPlan";
import { NodeStatuses } from "./nodeStatuses";
import { useRunStatus } from "./statusStore";

afterEach(() => vi.unstubAllGlobals());

const round = (opened: number, iteration: number): Written => ({
  node: "one",
  opened,
  closed: opened + 1,
  parent: 2,
  iteration,
});
const loop = (status: "FAILED" | "COMPLETED") =>
  FrameTable.from(columnsOf([{ node: "each", opened: 2, closed: 12, status }, round(5, 0), round(8, 1)], status));
const told = (seq: number, event: object) => `id: ${seq}\ndata: ${JSON.stringify({ seq, at: "", event })}\n\n`;

/** What the service streams; in pieces that end anywhere. */
function streams(text: string) {
  const body = () =>
    new ReadableStream({
      start(stream) {
        for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) stream.enqueue(new TextEncoder().encode(piece));
        stream.close();
      },
    });
  const asked = vi.fn<(address: string) => Promise<Response>>(() => Promise.resolve(new Response(body())));
  vi.stubGlobal("fetch", asked);
  return asked;
}

const never = new AbortController().signal;

test("a loop that broke off is told with all of the rounds that it was to make", async () => {
  const table = loop("FAILED");
  const asked = streams(
    told(3, { type: "frameOpened" }) + told(4, { type: "loopStarted", frame: 2, items: [1, 2, 3, 4] }),
  );
  const graph = { nodes: [{ id: "each", type: "flow.for_each" }], edges: [] };
  const statuses = new NodeStatuses(table, { id: "w", graph });
  statuses.showAll(13);
  expect(useRunStatus.getState().byNode["each"]?.progress).toEqual({ done: 2, of: 2 });
  expect(await planLoops(table, never)).toBe(true);
  statuses.showLoops(13);
  expect(useRunStatus.getState().byNode["each"]?.progress).toEqual({ done: 2, of: 4 });
  expect(statuses.cursor.progressOf(0)).toEqual({ begun: 2, known: 4 });
  expect(asked.mock.calls.map(([address]) => address)).toEqual(["/api/v1/runs/run-a/events?from=2"]);
});

test("of a long list the number of its items is told", async () => {
  const table = loop("FAILED");
  streams(told(4, { type: "loopStarted", frame: 2, items: { $preview: { type: "list", count: 9000 } } }));
  await planLoops(table, never);
  expect(table.planned.get(0)).toBe(9000);
});

test("reading ends with what the table knows", async () => {
  const table = loop("FAILED");
  streams(told(13, { type: "runClosed" }) + told(14, { type: "loopStarted", frame: 2, items: [1] }));
  expect(await planLoops(table, never)).toBe(false);
});

test("nothing is asked about a loop that completed", async () => {
  const asked = streams("");
  expect(await planLoops(loop("COMPLETED"), never)).toBe(false);
  expect(asked).not.toHaveBeenCalled();
});
