/** What happens at the service as a whole: one stream for the page, whoever listens. */
import { useEffect, useRef } from "react";

type Kind = "run" | "workflow";
type Listener = (kind: Kind, data: Record<string, unknown>) => void;

const KINDS: readonly Kind[] = ["run", "workflow"];
const listeners = new Set<Listener>();
let source: EventSource | null = null;

function open(): EventSource {
  const made = new EventSource("/api/v1/events");
  for (const kind of KINDS) {
    made.addEventListener(kind, (event: MessageEvent<string>) => {
      const data = JSON.parse(event.data) as Record<string, unknown>;
      listeners.forEach((listener) => listener(kind, data));
    });
  }
  return made;
}

export function onServiceEvent(listener: Listener): () => void {
  source ??= open();
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    source?.close();
    source = null;
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
      if (!wanted.includes(kind)) return;
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
