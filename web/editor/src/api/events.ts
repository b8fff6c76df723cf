/** What happens at the service as a whole: one stream for the page, whoever listens. */
import { useEffect, useRef } from "react";
import { whileSeen } from "../lib/whileSeen";

/** `missed`: something may have happened that was not told, as after a broken connection. */
type Kind = "run" | "workflow" | "missed";
type Listener = (kind: Kind, data: Record<string, unknown>) => void;

const TOLD: readonly Kind[] = ["run", "workflow"];
const listeners = new Set<Listener>();
let stop: (() => void) | null = null;
/** Whether the stream was open before, so that what came between was not heard. */
let wasOpen = false;

const tell: Listener = (kind, data) => listeners.forEach((listener) => listener(kind, data));

function open(): EventSource {
  const made = new EventSource("/api/v1/events");
  for (const kind of TOLD) {
    made.addEventListener(kind, (event: MessageEvent<string>) => {
      tell(kind, JSON.parse(event.data) as Record<string, unknown>);
    });
  }
  made.addEventListener("reread", () => tell("missed", {}));
  made.addEventListener("open", () => {
    if (wasOpen) tell("missed", {});
    wasOpen = true;
  });
  return made;
}

function onServiceEvent(listener: Listener): () => void {
  listeners.add(listener);
  stop ??= whileSeen(open);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    stop?.();
    stop = null;
    wasOpen = false;
  };
}

/** Hears of events; many within a moment are told once. */
export function useServiceEvents(kinds: readonly Kind[], told: () => void) {
  const held = useRef(told);
  useEffect(() => {
    held.current = told;
  });
  const wanted = kinds.join();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onServiceEvent((kind) => {
      if (kind !== "missed" && !wanted.includes(kind)) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        held.current();
      }, 200);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [wanted]);
}
