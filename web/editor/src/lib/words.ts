/** Small pieces of text. */
import { writeJson } from "./exact";
import type { Json } from "../api/types";

/** A value on one line, cut after `most` characters. */
export function oneLine(value: Json | undefined, most = 60): string {
  const text = typeof value === "string" ? value : (writeJson(value) ?? "");
  const line = text
    .slice(0, most * 2)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** Milliseconds as people say them: `840 ms`, `3.2 s`, `4 min 10 s`. */
export function duration(ms: number): string {
  if (ms < 1) return "<1 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round((ms % 60_000) / 1000);
  return minutes < 60 ? `${minutes} min ${seconds} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

/** A moment as seen from now: `5 min. ago`. */
export function ago(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const far = Math.abs(seconds);
  if (Number.isNaN(far)) return "";
  if (far < 45) return "just now";
  if (far < 3600) return RELATIVE.format(Math.round(seconds / 60), "minute");
  if (far < 86_400) return RELATIVE.format(Math.round(seconds / 3600), "hour");
  if (far < 30 * 86_400) return RELATIVE.format(Math.round(seconds / 86_400), "day");
  return new Date(time).toLocaleDateString();
}

/** `1 node`, `3 nodes`. */
export const counted = (count: number, noun: string) =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

export const joined = (...names: (string | false | null | undefined)[]) => names.filter(Boolean).join(" ");
