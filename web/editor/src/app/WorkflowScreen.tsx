/** The editor of one workflow. */
import { useCallback, useEffect, useState } from "react";
import { Beside } from "../ai/Beside";
import { useAsHost } from "../ai/host";
import { useCatalogue } from "../api/catalogue";
import { showProblems } from "../canvas/problems";
import { setMeta } from "../document/edits";
import type { Opened } from "../document/open";
import type { Specs } from "../document/load";
import { useWorkflow } from "../document/useDocument";
import { useProblemWatch } from "../panel/problems";
import { clearRunStatus } from "../run/statusStore";
import { Split } from "../ui/Split";
import { say } from "../ui/say";
import { Failed } from "./Failed";
import { Dock, type ShownRun } from "./Dock";
import { Header } from "./Header";
import { ChatButton } from "./ChatButton";
import { useKeys } from "./keys";
import { ProblemList } from "./ProblemList";
import { RunButton } from "./RunButton";
import { SavedState } from "./Saved";
import { Middle } from "./Middle";
import { useOpened } from "./useOpened";

export function WorkflowScreen({ id }: { id: string }) {
  const { specs, error } = useCatalogue();
  const opening = useOpened(id, specs);
  const failure = error ?? (opening.kind === "failed" ? opening.error : null);
  if (failure) return <Failed error={failure} />;
  if (opening.kind !== "open" || !specs) {
    return (
      <div className="screen" aria-busy="true">
        <Header />
      </div>
    );
  }
  return <Editor id={id} opened={opening.opened} specs={specs} />;
}

interface EditorProps {
  id: string;
  opened: Opened;
  specs: Specs;
}

function Editor({ id, opened, specs }: EditorProps) {
  const { doc, saver } = opened;
  const [run, setRun] = useState<ShownRun | null>(null);
  useProblemWatch(doc);
  useEffect(() => () => showProblems([]), []);
  useSaveOnLeave(opened);
  useKeys({
    save: () => void saver.now().then(() => say(saver.saved.state.kind === "saved" ? "Saved." : "Not saved yet.")),
  });
  const close = useCallback(() => {
    setRun(null);
    clearRunStatus();
  }, []);
  useEffect(() => clearRunStatus, []);
  const onRun = useCallback((runId: string) => setRun({ id: runId, seq: null }), []);
  useAsHost({ workflow: id, doc, specs, opened, run: run?.id ?? null, onRun });
  const onSeq = useCallback((seq: number | null) => setRun((now) => now && { ...now, seq }), []);
  return (
    <div className="screen" data-keys-default="canvas">
      <Header
        tools={
          <>
            <ChatButton />
            <RunButton id={id} opened={opened} onStarted={onRun} />
          </>
        }
      >
        <Name opened={opened} />
        <SavedState saver={saver} />
        <ProblemList doc={doc} specs={specs} />
      </Header>
      <main className="min-h-0">
        <Beside>
          <Split
            side="bottom"
            name="dock"
            label="Height of the timeline"
            size={260}
            min={120}
            max={560}
            pane={run && <Dock workflowId={id} run={run} onSeq={onSeq} onClose={close} />}
          >
            <Middle doc={doc} specs={specs} run={run} editable onRun={onRun} />
          </Split>
        </Beside>
      </main>
    </div>
  );
}

function Name({ opened: { doc } }: { opened: Opened }) {
  const { name, id } = useWorkflow(doc);
  return (
    <input
      className="workflow-name"
      aria-label="Name of the workflow"
      value={name ?? ""}
      placeholder={id}
      size={Math.max(8, Math.min(40, (name || id).length))}
      onChange={(event) => setMeta(doc, "name", event.target.value)}
      onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
    />
  );
}

/** A page that is left keeps everything in this browser, so nobody is asked; the last save is tried all the same. */
function useSaveOnLeave({ saver }: Opened) {
  useEffect(() => {
    const leave = () => void saver.now();
    addEventListener("pagehide", leave);
    return () => removeEventListener("pagehide", leave);
  }, [saver]);
}
