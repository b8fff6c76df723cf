/** Starts a run of the workflow as it stands, with an input that is kept for the next time. */
import { ChevronDown, Play } from "lucide-react";
import { Popover } from "radix-ui";
import { lazy, Suspense, useState } from "react";
import { ServiceError } from "../api/client";
import type { Json } from "../api/types";
import { startRun, type NewRun } from "../api/workflows";
import type { Opened } from "../document/open";
import { project } from "../document/project";
import { useWorkflow } from "../document/useDocument";
import { knownInput } from "../panel/runInput";
import { say } from "../ui/say";
import { keyOf, useKeys } from "./keys";

// In the inspector's chunk, with all of the forms.
const InputForm = lazy(() => import("../panel/Inspector").then((module) => ({ default: module.InputForm })));

interface RunButtonProps {
  id: string;
  opened: Opened;
  onStarted: (runId: string) => void;
}

export function RunButton({ id, opened, onStarted }: RunButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const workflow = useWorkflow(opened.doc);
  const run = async (input: Json | undefined) => {
    if (input === undefined) return setOpen(true);
    setBusy(true);
    const started = await start(id, opened, { input });
    setBusy(false);
    if (started === null) return;
    setOpen(false);
    onStarted(started);
  };
  const runAgain = () => void run(knownInput(workflow));
  useKeys({ run: runAgain });
  return (
    <div className="run-button">
      <button
        type="button"
        className="button primary"
        disabled={busy}
        title={`Run (${keyOf("run")})`}
        onClick={runAgain}
      >
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
                workflow={workflow}
                action="Run with this input"
                busy={busy}
                start={(input) => void run(input)}
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
