/** Follows a run's events until it has ended. The browser itself comes back after a broken connection. */
import type { RunId, Seq } from "../api/types";
import { eventsAddress } from "./api";
import { EVENT_NAMES, type Recorded } from "./live";

export interface Following {
  /** One recorded event. */
  heard(event: Recorded): void;
  /** We were too slow, or missed something: the columns after this event must be read. */
  reread(from: Seq): void;
  ended(): void;
  /** Whether the stream is up; while it is not, what is shown may be old. */
  connected(is: boolean): void;
}

/** Gives a way to stop. */
export function follow(run: RunId, from: Seq, following: Following): () => void {
  const source = new EventSource(eventsAddress(run, from));
  const heard = (message: MessageEvent<string>) => following.heard(JSON.parse(message.data) as Recorded);
  for (const name of EVENT_NAMES) source.addEventListener(name, heard);
  source.addEventListener("open", () => following.connected(true));
  source.addEventListener("error", () => following.connected(false));
  source.addEventListener("reread", (message: MessageEvent<string>) => {
    following.reread((JSON.parse(message.data) as { from: Seq }).from);
  });
  source.addEventListener("end", () => {
    source.close();
    following.ended();
  });
  return () => source.close();
}
