/** The threads of a document in React. */
import { useEffect, useSyncExternalStore } from "react";
import type * as Y from "yjs";
import { create } from "zustand";
import type { RunId, Seq } from "../../api/types";
import { threadsOf, type About, type Thread } from "./comments";

interface Watched {
  subscribe(listener: () => void): () => void;
  get(): readonly Thread[];
}

const watched = new WeakMap<Y.Doc, Watched>();

function watch(doc: Y.Doc): Watched {
  const known = watched.get(doc);
  if (known) return known;
  let threads: readonly Thread[] | null = null;
  const listeners = new Set<() => void>();
  doc.getMap("comments").observeDeep(() => {
    threads = null;
    listeners.forEach((listener) => listener());
  });
  const made: Watched = {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get: () => (threads ??= threadsOf(doc)),
  };
  watched.set(doc, made);
  return made;
}

export function useThreads(doc: Y.Doc): readonly Thread[] {
  const { subscribe, get } = watch(doc);
  return useSyncExternalStore(subscribe, get);
}

interface Counts {
  /** How many open threads there are about each thing. */
  of: ReadonlyMap<string, number>;
  /** The frames of each run about which there is one. */
  frames: ReadonlyMap<RunId, readonly Seq[]>;
}

const NONE: Counts = { of: new Map(), frames: new Map() };
const useCounts = create<Counts>(() => NONE);

const keyOf = (about: About) => JSON.stringify(about);

export const useOpenThreads = (about: About): number => useCounts(({ of }) => of.get(keyOf(about)) ?? 0);

const NO_FRAMES: readonly Seq[] = [];

export const useSaidFrames = (run: RunId): readonly Seq[] => useCounts(({ frames }) => frames.get(run) ?? NO_FRAMES);

export function useCountedThreads(doc: Y.Doc) {
  const threads = useThreads(doc);
  useEffect(() => useCounts.setState(countsOf(threads)), [threads]);
  useEffect(() => () => useCounts.setState(NONE), []);
}

function countsOf(threads: readonly Thread[]): Counts {
  const of = new Map<string, number>();
  const frames = new Map<RunId, Seq[]>();
  for (const { about, resolved } of threads) {
    if (resolved) continue;
    const count = of.get(keyOf(about)) ?? 0;
    of.set(keyOf(about), count + 1);
    if ("run" in about && count === 0) frames.set(about.run, [...(frames.get(about.run) ?? []), about.frame]);
  }
  return { of, frames };
}
