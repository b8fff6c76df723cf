/** The opened workflow of the screen, which is drawn anew for another one; null as long as nobody knows which. */
import { useEffect, useState } from "react";
import { openWorkflow, type Opened } from "../document/open";

export type Opening = { kind: "opening" } | { kind: "open"; opened: Opened } | { kind: "failed"; error: Error };

export function useOpened(id: string | null): Opening {
  const [opening, setOpening] = useState<Opening>({ kind: "opening" });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (id === null) return;
    let left = false;
    let opened: Opened | null = null;
    const anew = () => {
      if (left) return;
      setOpening({ kind: "opening" });
      setTurn((turn) => turn + 1);
    };
    openWorkflow(id, anew).then(
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
  }, [id, turn]);
  return opening;
}
