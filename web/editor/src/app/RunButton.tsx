/** Starts a run of the workflow as it stands, with an input that is kept for the next time. */
import { ChevronDown, Play } from "lucide-react";
import { Popover } from "radix-ui";
import { useState } from "react";
import { ServiceError } from "../api/client";
import type { Json } from "../api/types";
import { startRun, type NewRun } from "../api/workflows";
import type { Opened } from "../document/open";
import { project } from "../document/project";
import { say } from "../ui/say";
import { keyOf, useKeys } from "./keys";

const inputName = (id: string) => `flowforge/input/${id}`;

interface RunButtonProps {
  id: string;
  opened: Opened;
  onStarted: (runId: string) => void;
}

export function RunButton({ id, opened, onStarted }: RunButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState(() => localStorage.getItem(inputName(id)) ?? "{}");
  const [busy, setBusy] = useState(false);
  const input = parse(text);
  const run = async () => {
    if (input === undefined) return setOpen(true);
    setBusy(true);
    localStorage.setItem(inputName(id), text);
    const started = await start(id, opened, { input });
    setBusy(false);
    if (started === null) return;
    setOpen(false);
    onStarted(started);
  };
  useKeys({ run: () => void run() });
  return (
    <div className="run-button">
      <button
        type="button"
        className="button primary"
        disabled={busy}
        title={`Run (${keyOf("run")})`}
        onClick={() => void run()}
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
            <label>
              <span className="field-label">Input, as JSON</span>
              <textarea
                rows={8}
                spellCheck={false}
                value={text}
                onChange={(event) => setText(event.target.value)}
                aria-invalid={input === undefined}
              />
            </label>
            {input === undefined && <p className="field-error">This is not JSON yet.</p>}
            <button
              type="button"
              className="button primary"
              disabled={busy || input === undefined}
              onClick={() => void run()}
            >
              Run with this input
            </button>
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
    </div>
  );
}

function parse(text: string): Json | undefined {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
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
