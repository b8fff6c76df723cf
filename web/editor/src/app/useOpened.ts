/** The opened workflow of the screen, which is drawn anew for another one. */
import { useEffect, useState } from "react";
import { openWorkflow, type Opened } from "../document/open";
import type { Specs } from "../document/load";

export type Opening = { kind: "opening" } | { kind: "open"; opened: Opened } | { kind: "failed"; error: Error };

export function useOpened(id: string, specs: Specs | undefined): Opening {
  const [opening, setOpening] = useState<Opening>({ kind: "opening" });
  useEffect(() => {
    if (!specs) return;
    let left = false;
    let opened: Opened | null = null;
    openWorkflow(id, specs).then(
      (made) => {
        opened = made;
        if (left) made.close();
        else setOpening({ kind: "open", opened: made });
      },
      (error: unknown) => {
        if (!left) setOpening({ kind: "failed", error: error instanceof Error ? error : new Error(String(error)) });
      },
    );
    return () => {
      left = true;
      opened?.close();
    };
  }, [id, specs]);
  return opening;
}
