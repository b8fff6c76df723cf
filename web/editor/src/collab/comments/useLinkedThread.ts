/** A link to a thread opens what it is about. */
import { useEffect } from "react";
import type * as Y from "yjs";
import { threadsOf } from "./comments";
import { goTo } from "./goTo";

export function useLinkedThread(doc: Y.Doc) {
  useEffect(() => {
    const linked = new URLSearchParams(location.search).get("comment");
    const about = threadsOf(doc).find(({ id }) => id === linked)?.about;
    if (about) goTo(doc, about);
  }, [doc]);
}
