/** The shared proposals of a document in React. */
import { useCallback, useRef, useSyncExternalStore } from "react";
import type * as Y from "yjs";
import { sharedProposals, type SharedProposal } from "./shared";

export function useSharedProposals(doc: Y.Doc): readonly SharedProposal[] {
  const read = useRef<{ doc: Y.Doc; proposals: readonly SharedProposal[] } | null>(null);
  const subscribe = useCallback(
    (told: () => void) => {
      const root = doc.getMap("proposals");
      const changed = () => {
        read.current = null;
        told();
      };
      root.observeDeep(changed);
      return () => root.unobserveDeep(changed);
    },
    [doc],
  );
  const get = useCallback(() => {
    if (read.current?.doc !== doc) read.current = { doc, proposals: sharedProposals(doc) };
    return read.current.proposals;
  }, [doc]);
  return useSyncExternalStore(subscribe, get);
}
