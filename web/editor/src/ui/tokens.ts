/** The colours of the theme for what is drawn on a canvas, read once for each theme. */
import { useSyncExternalStore } from "react";
import type { Status } from "../api/types";

export interface Tokens {
  surface: string;
  raised: string;
  line: string;
  lineStrong: string;
  ink: string;
  inkSoft: string;
  accent: string;
  focus: string;
  changed: string;
  status: Record<Status, string>;
  font: string;
}

let tokens: Tokens | null = null;

function read(): Tokens {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim() || "#888";
  return {
    surface: of("--surface"),
    raised: of("--raised"),
    line: of("--line"),
    lineStrong: of("--line-strong"),
    ink: of("--ink"),
    inkSoft: of("--ink-soft"),
    accent: of("--accent"),
    focus: of("--focus"),
    changed: of("--changed"),
    status: {
      PENDING: of("--pending"),
      RUNNING: of("--running"),
      WAITING: of("--waiting"),
      COMPLETED: of("--completed"),
      FAILED: of("--failed"),
      SKIPPED: of("--skipped"),
      CANCELLED: of("--cancelled"),
      INTERRUPTED: of("--interrupted"),
    },
    font: getComputedStyle(document.body).fontFamily,
  };
}

const listeners = new Set<() => void>();
let observer: MutationObserver | null = null;

function subscribe(listener: () => void): () => void {
  observer ??= new MutationObserver(() => {
    tokens = null;
    listeners.forEach((each) => each());
  });
  observer.observe(document.documentElement, { attributeFilter: ["data-theme", "class"] });
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const useTokens = (): Tokens => useSyncExternalStore(subscribe, () => (tokens ??= read()));
