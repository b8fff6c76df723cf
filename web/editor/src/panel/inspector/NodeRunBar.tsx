/** Runs up to a node, or the node alone, and pins what it gave. */
import { FastForward, Pin, PinOff, Play } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState } from "react";
import type * as Y from "yjs";
import { FixButton } from "../../ai/FixButton";
import { ServiceError } from "../../api/client";
import type { ExecutionFrame, Json, RunId, WorkflowNode } from "../../api/types";
import { viewOf } from "../../document/view";
import { InputForm } from "../InputForm";
import { knownInput } from "../runInput";
import { useNodeActions } from "./useNodeActions";

interface NodeRunBarProps {
  doc: Y.Doc;
  node: WorkflowNode;
  frame: ExecutionFrame | null;
  onRun: ((run: RunId) => void) | undefined;
}

export function NodeRunBar({ doc, node, frame, onRun = () => undefined }: NodeRunBarProps) {
  const actions = useNodeActions(doc, node.id, onRun);
  const [asking, ask] = useState(false);
  const start = (input: Json) => {
    ask(false);
    actions.runToHere(input);
  };
  const runToHere = () => {
    const input = knownInput(viewOf(doc).get().workflow);
    if (input === undefined) ask(true);
    else actions.runToHere(input);
  };
  const pinned = node.pinned !== undefined && node.pinned !== null;
  const done = frame?.status === "COMPLETED" ? frame : null;
  return (
    <div className="panel-actions" role="toolbar" aria-label="Run">
      <button type="button" className="button-plain" disabled={actions.busy} onClick={runToHere}>
        <FastForward size={13} aria-hidden /> Run to here
      </button>
      <button
        type="button"
        className="button-plain"
        disabled={actions.busy || !frame}
        title={
          frame ? "Run this node alone, on the input that is shown" : "Run the workflow once, to have an input for it"
        }
        onClick={() => frame && actions.runOnly(frame)}
      >
        <Play size={13} aria-hidden /> Run node
      </button>
      {pinned ? (
        <button type="button" className="button-plain" onClick={actions.unpin}>
          <PinOff size={13} aria-hidden /> Unpin
        </button>
      ) : (
        <button
          type="button"
          className="button-plain"
          disabled={actions.busy || !done}
          title={done ? "Later runs give this output without running the node" : "There is no output to pin yet"}
          onClick={() => done && actions.pin(done)}
        >
          <Pin size={13} aria-hidden /> Pin output
        </button>
      )}
      {frame?.status === "FAILED" && (
        <FixButton className="button-plain" failed={{ run: frame.run, frame: frame.openedSeq }} />
      )}
      {actions.error && <RunError error={actions.error} />}
      <AskInput open={asking} close={() => ask(false)}>
        <InputForm workflow={viewOf(doc).get().workflow} action="Run to here" busy={actions.busy} start={start} />
      </AskInput>
    </div>
  );
}

function RunError({ error }: { error: Error }) {
  return (
    <p className="field-problem" role="alert">
      {error.message}
      {error instanceof ServiceError && error.hint && <span className="field-hint"> {error.hint}</span>}
    </p>
  );
}

/** A dialog around the input form. */
function AskInput({ open, close, children }: { open: boolean; close: () => void; children: React.ReactNode }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && close()}>
      <Dialog.Portal>
        <Dialog.Overlay className="panel-overlay" />
        <Dialog.Content className="panel-dialog panel-dialog-small" aria-describedby={undefined}>
          <header className="panel-dialog-head">
            <Dialog.Title>Input of the run</Dialog.Title>
            <Dialog.Close className="button-plain">Cancel</Dialog.Close>
          </header>
          <div className="panel-body">{children}</div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
