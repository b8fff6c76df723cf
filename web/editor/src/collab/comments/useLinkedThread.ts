/** A link to a thread opens what it is about, as soon as the thread is here: this browser may keep a document without it. */
import { useEffect, useState } from "react";
import type * as Y from "yjs";
import { create } from "zustand";
import { goTo } from "./goTo";
import { useThreads } from "./useThreads";

/** The thread that the address led to. */
const useLinked = create<{ thread: string | null }>(() => ({ thread: null }));

export const useIsLinked = (id: string): boolean => useLinked(({ thread }) => thread === id);

export function useLinkedThread(doc: Y.Doc) {
  const [linked] = useState(() => new URLSearchParams(location.search).get("comment"));
  const about = useThreads(doc).find(({ id }) => id === linked)?.about;
  const isHere = about !== undefined;
  useEffect(() => {
    if (!isHere) return;
    useLinked.setState({ thread: linked });
    goTo(doc, about);
    // Once: whatever the thread becomes, the way to it was taken.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [doc, linked, isHere]);
}
