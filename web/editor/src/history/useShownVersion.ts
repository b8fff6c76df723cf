/** The version that the page's address names, as a document that the canvas can draw. */
import { useMemo } from "react";
import type * as Y from "yjs";
import type { Workflow } from "../api/types";
import { load, type Specs } from "../document/load";
import { useVersion } from "./useVersions";

export interface ShownVersion {
  hash: string;
  /** Null while it is read. */
  read: { workflow: Workflow; doc: Y.Doc } | null;
  error: Error | null;
}

export function useShownVersion(id: string, hash: string | null, specs: Specs): ShownVersion | null {
  const { data, error } = useVersion(id, hash);
  const read = useMemo(() => (data ? { workflow: data, doc: load(data, specs) } : null), [data, specs]);
  return useMemo(() => (hash === null ? null : { hash, read, error }), [hash, read, error]);
}
