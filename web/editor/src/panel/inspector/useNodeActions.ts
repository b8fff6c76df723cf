/** What can be done with a node from the inspector, and how it went. */
import { writeJsonOf } from "../../lib/exact";
import { useState } from "react";
import type * as Y from "yjs";
import type { ExecutionFrame, Json, NodeId, RunId } from "../../api/types";
import * as edits from "../../document/edits";
import { runOnly, runToHere, whole } from "../runActions";

interface NodeActions {
  busy: boolean;
  error: Error | null;
  runToHere: (input: Json) => void;
  runOnly: (frame: ExecutionFrame) => void;
  pin: (frame: ExecutionFrame) => void;
  unpin: () => void;
}

export function useNodeActions(doc: Y.Doc, node: NodeId, onRun: (run: RunId) => void): NodeActions {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const attempt = (act: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    act()
      .catch((reason: unknown) => setError(reason instanceof Error ? reason : new Error(String(reason))))
      .finally(() => setBusy(false));
  };
  return {
    busy,
    error,
    runToHere: (input) => attempt(async () => onRun(await runToHere(doc, node, input))),
    runOnly: (frame) => attempt(async () => onRun(await runOnly(doc, node, frame))),
    pin: (frame) =>
      attempt(async () => {
        const seen = await whole(frame);
        edits.setPinned(doc, node, seen.output, writeJsonOf(seen, "output"));
      }),
    unpin: () => edits.setPinned(doc, node, undefined),
  };
}
