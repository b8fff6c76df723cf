/** The document in React: the only file here that knows React. */
import { useCallback, useSyncExternalStore } from "react";
import type * as Y from "yjs";
import type { Workflow, WorkflowNode } from "../api/types";
import { historyOf, type History } from "./history";
import { viewOf, type Shown } from "./view";

export function useShown(doc: Y.Doc): Shown {
  const view = viewOf(doc);
  return useSyncExternalStore(view.subscribe, view.get);
}

export const useWorkflow = (doc: Y.Doc): Workflow => useShown(doc).workflow;

/** What the workflow is called; draws again only when that changed. */
export function useName(doc: Y.Doc): { name: string | undefined; id: string } {
  const view = viewOf(doc);
  const name = useSyncExternalStore(view.subscribe, () => view.get().workflow.name);
  const id = useSyncExternalStore(view.subscribe, () => view.get().workflow.id);
  return { name, id };
}

/** One node; draws again only when that node changed. */
export function useNode(doc: Y.Doc, nodeId: string | null): WorkflowNode | undefined {
  const view = viewOf(doc);
  return useSyncExternalStore(
    view.subscribe,
    useCallback(() => (nodeId === null ? undefined : view.node(nodeId)), [view, nodeId]),
  );
}

export function useHistory(doc: Y.Doc): History {
  const history = historyOf(doc);
  useSyncExternalStore(history.subscribe, history.revision);
  return history;
}
