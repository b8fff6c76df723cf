/** The threads of a document in React. */
import { useEffect, useSyncExternalStore } from "react";
import type * as Y from "yjs";
import { create } from "zustand";
import type { NodeId } from "../../api/types";
import { threadsOf, type Thread } from "./comments";

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

/** How many open threads each node on the canvas has. */
const useCounts = create<{ byNode: ReadonlyMap<NodeId, number> }>(() => ({ byNode: new Map() }));

export const useOpenThreads = (node: NodeId): number => useCounts(({ byNode }) => byNode.get(node) ?? 0);

export function useCountedThreads(doc: Y.Doc) {
  const threads = useThreads(doc);
  useEffect(() => {
    const byNode = new Map<NodeId, number>();
    for (const { about, resolved } of threads) {
      if ("node" in about && !resolved) byNode.set(about.node, (byNode.get(about.node) ?? 0) + 1);
    }
    useCounts.setState({ byNode });
  }, [threads]);
  useEffect(() => () => useCounts.setState({ byNode: new Map() }), []);
}
