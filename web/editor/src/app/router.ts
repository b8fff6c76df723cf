/** Which screen is shown: the page's address, nothing else. */
import { useSyncExternalStore, type MouseEvent } from "react";

export type Place =
  | { screen: "workflows" }
  // `version` is the hash of the one that is shown instead of the current one.
  | { screen: "workflow"; id: string; run?: string; seq?: number; version?: string }
  | { screen: "runs" }
  | { screen: "run"; id: string; seq: number | null; node: string | null; diff: string | null }
  | { screen: "dashboard" }
  | { screen: "settings" }
  | { screen: "unknown"; path: string };

export function parsePlace(path: string, search = ""): Place {
  const [first, second, ...rest] = path.split("/").filter(Boolean).map(decode);
  const query = new URLSearchParams(search);
  if (rest.length > 0) return { screen: "unknown", path };
  if (first === undefined || (first === "workflows" && second === undefined)) return { screen: "workflows" };
  if (first === "workflows" && second !== undefined)
    return { screen: "workflow", id: second, ...shownRun(query), ...shownVersion(query) };
  if (first === "runs" && second === undefined) return { screen: "runs" };
  if (first === "runs" && second !== undefined) {
    return {
      screen: "run",
      id: second,
      seq: seqOf(query),
      node: query.get("node"),
      diff: query.get("diff"),
    };
  }
  if (first === "dashboard" && second === undefined) return { screen: "dashboard" };
  if (first === "settings" && second === undefined) return { screen: "settings" };
  return { screen: "unknown", path };
}

function seqOf(query: URLSearchParams): number | null {
  const seq = Number(query.get("seq") ?? Number.NaN);
  return Number.isInteger(seq) && seq > 0 ? seq : null;
}

/** The run that is shown under the canvas. */
function shownRun(query: URLSearchParams): { run?: string; seq?: number } {
  const run = query.get("run");
  const seq = seqOf(query);
  return run === null ? {} : { run, ...(seq !== null && { seq }) };
}

function shownVersion(query: URLSearchParams): { version?: string } {
  const version = query.get("version");
  return version === null ? {} : { version };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a place. */
export function addressOf(place: Exclude<Place, { screen: "unknown" }>): string {
  switch (place.screen) {
    case "workflows":
      return "/";
    case "workflow":
      return `/workflows/${encodeURIComponent(place.id)}${queryOf({ run: place.run, seq: place.seq, version: place.version })}`;
    case "runs":
      return "/runs";
    case "dashboard":
      return "/dashboard";
    case "settings":
      return "/settings";
    case "run": {
      const { id, seq, node, diff } = place;
      return `/runs/${encodeURIComponent(id)}${queryOf({ seq, node, diff })}`;
    }
  }
}

function queryOf(parts: Record<string, string | number | null | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) if (value != null) query.set(name, String(value));
  const text = query.toString();
  return text && `?${text}`;
}

const listeners = new Set<() => void>();
const told = () => listeners.forEach((listener) => listener());

export function go(address: string, how: "push" | "replace" = "push") {
  if (address === location.pathname + location.search) return;
  history[how === "push" ? "pushState" : "replaceState"](null, "", address);
  told();
}

function subscribe(listener: () => void) {
  if (listeners.size === 0) addEventListener("popstate", told);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) removeEventListener("popstate", told);
  };
}

let last: { address: string; place: Place } | null = null;

/** Which screen is shown. */
export function placeNow(): Place {
  const address = location.pathname + location.search;
  if (last?.address !== address) last = { address, place: parsePlace(location.pathname, location.search) };
  return last.place;
}

export const usePlace = () => useSyncExternalStore(subscribe, placeNow);

/** What a link inside the page does on a plain click; with a modifier the browser opens a tab as ever. */
export function follow(event: MouseEvent<HTMLAnchorElement>) {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const { href, origin } = event.currentTarget;
  if (!href.startsWith(origin)) return;
  event.preventDefault();
  go(href.slice(origin.length));
}
