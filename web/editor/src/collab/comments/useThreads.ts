/** The threads of a document in React. */
import { useEffect, useSyncExternalStore } from "react";
import type * as Y from "yjs";
import { create } from "zustand";
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

/** How many open threads there are about each thing. */
const useCounts = create<{ of: ReadonlyMap<string, number> }>(() => ({ of: new Map() }));

const keyOf = (about: About) => JSON.stringify(about);

export const useOpenThreads = (about: About): number => useCounts(({ of }) => of.get(keyOf(about)) ?? 0);

export function useCountedThreads(doc: Y.Doc) {
  const threads = useThreads(doc);
  useEffect(() => {
    const of = new Map<string, number>();
    for (const { about, resolved } of threads) {
      if (!resolved) of.set(keyOf(about), (of.get(keyOf(about)) ?? 0) + 1);
    }
    useCounts.setState({ of });
  }, [threads]);
  useEffect(() => () => useCounts.setState({ of: new Map() }), []);
}
