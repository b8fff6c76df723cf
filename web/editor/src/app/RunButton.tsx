/** Starts a run of the workflow as it stands, with an input that is kept for the next time. */
import { ChevronDown, Play } from "lucide-react";
import { Popover } from "radix-ui";
import { Suspense, useState } from "react";
import { ServiceError } from "../api/client";
import type { Json } from "../api/types";
import { startRun, type NewRun } from "../api/workflows";
import { soleStep, useSelection } from "../canvas/selection";
import type { Opened } from "../document/open";
import { project } from "../document/project";
import { viewOf } from "../document/view";
import { knownInput } from "../panel/runInput";
import { say } from "../ui/say";
import { keyOf, useKeys } from "./keys";
import { InputForm } from "./slots";

interface RunButtonProps {
  id: string;
  opened: Opened;
  onStarted: (runId: string) => void;
}

export function RunButton({ id, opened, onStarted }: RunButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const begin = async (input: Json, until?: string) => {
    if (busy) return;
    setBusy(true);
    const started = await start(id, opened, { input, ...(until !== undefined && { until }) });
    setBusy(false);
    if (started === null) return;
    setOpen(false);
    onStarted(started);
  };
  // With the input of the last time; a first run asks when the trigger says what it needs.
  const again = () => {
    const input = knownInput(viewOf(opened.doc).get().workflow);
    if (input === undefined) setOpen(true);
    else void begin(input);
  };
  const toHere = () => {
    const node = soleStep(useSelection.getState());
    const input = knownInput(viewOf(opened.doc).get().workflow);
    if (node === null) say("Select one node to run to.");
    else if (input === undefined) setOpen(true);
    else void begin(input, node);
  };
  useKeys({ run: again, runToHere: toHere });
  return (
    <div className="run-button">
      <button type="button" className="button primary" disabled={busy} title={`Run (${keyOf("run")})`} onClick={again}>
        <Play size={14} aria-hidden />
        Run
      </button>
      <Popover.Root open={isOpen} onOpenChange={setOpen}>
        <Popover.Trigger className="button primary" aria-label="Run with an input">
          <ChevronDown size={14} aria-hidden />
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content className="popover run-input" sideOffset={8} align="end" aria-label="Run with an input">
            <Suspense>
              <InputForm
                workflow={viewOf(opened.doc).get().workflow}
                action="Run"
                busy={busy}
                start={(input) => void begin(input)}
              />
            </Suspense>
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
    </div>
  );
}

/** Saves first, so that the run is one of a version that can be found again. Says why when it cannot start. */
export async function start(id: string, { doc, saver }: Opened, run: Omit<NewRun, "workflow">): Promise<string | null> {
  await saver.now();
  const draft = saver.saved.state.kind === "saved" ? {} : { workflow: project(doc) };
  try {
    return (await startRun(id, { ...run, ...draft })).runId;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    say(`The run could not start: ${error.message}${error.hint ? `. ${error.hint}` : ""}`);
    return null;
  }
}
