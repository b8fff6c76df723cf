/** Follows a run's events until it has ended. The browser itself comes back after a broken connection. */
import type { RunId, Seq } from "../api/types";
import { whileSeen } from "../lib/whileSeen";
import { eventsAddress } from "./api";
import { EVENT_NAMES, type Recorded } from "./live";
import type { Piece } from "./words";

export interface Following {
  /** One recorded event. */
  heard(event: Recorded): void;
  /** A piece of what a model is saying, which is not recorded. */
  said(piece: Piece): void;
  /** We were too slow, or missed something: the columns after this event must be read. */
  reread(from: Seq): void;
  ended(): void;
  /** Whether the stream is up; while it is not, what is shown may be old. */
  connected(is: boolean): void;
}

/** Gives a way to stop. */
export function follow(run: RunId, from: Seq, following: Following): () => void {
  let last = from;
  const stop = whileSeen(() => {
    const source = new EventSource(eventsAddress(run, last));
    listen(
      source,
      following,
      (seq) => (last = seq),
      () => stop(),
    );
    return source;
  });
  return stop;
}

function listen(source: EventSource, following: Following, heardUpTo: (seq: Seq) => void, stop: () => void): void {
  const heard = (message: MessageEvent<string>) => {
    const recorded = JSON.parse(message.data) as Recorded;
    heardUpTo(recorded.seq);
    following.heard(recorded);
  };
  for (const name of EVENT_NAMES) source.addEventListener(name, heard);
  source.addEventListener("token", (message: MessageEvent<string>) => {
    following.said(JSON.parse(message.data) as Piece);
  });
  source.addEventListener("open", () => following.connected(true));
  source.addEventListener("error", () => following.connected(false));
  source.addEventListener("reread", (message: MessageEvent<string>) => {
    following.reread((JSON.parse(message.data) as { from: Seq }).from);
  });
  source.addEventListener("end", () => {
    stop();
    following.ended();
  });
}
