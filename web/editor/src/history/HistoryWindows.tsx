/** The windows of the history, read when the first is opened. */
import { lazy, Suspense, useEffect } from "react";
import type { Opened } from "../document/open";
import { closeWindow, useHistoryPanel } from "./historyStore";

const Windows = lazy(async () => ({ default: (await import("./Windows")).Windows }));

export function HistoryWindows({ workflow, opened }: { workflow: string; opened: Opened | null }) {
  const isOpen = useHistoryPanel((panel) => panel.window !== null);
  useEffect(() => closeWindow, [workflow]);
  return isOpen ? (
    <Suspense>
      <Windows workflow={workflow} opened={opened} />
    </Suspense>
  ) : null;
}
