import { afterEach, expect, test, vi } from "vitest";
import { whileSeen } from "./whileSeen";

function show(state: "visible" | "hidden") {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
}

afterEach(() => vi.restoreAllMocks());

test("a hidden page holds no connection, and has one again when it is seen", () => {
  const close = vi.fn();
  const open = vi.fn(() => ({ close }) as unknown as EventSource);
  show("visible");
  const stop = whileSeen(open);
  expect(open).toHaveBeenCalledTimes(1);
  show("hidden");
  expect(close).toHaveBeenCalledTimes(1);
  show("visible");
  expect(open).toHaveBeenCalledTimes(2);
  stop();
  expect(close).toHaveBeenCalledTimes(2);
  show("visible");
  expect(open).toHaveBeenCalledTimes(2);
});
