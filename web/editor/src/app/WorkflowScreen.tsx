/** The editor of one workflow. */
import { Suspense, useCallback, useEffect, useMemo } from "react";
import { Beside } from "../ai/Beside";
import { useAsHost } from "../ai/host";
import { useCatalogue } from "../api/catalogue";
import { showProblems } from "../canvas/problems";
import { watchArrivals, wordsOf } from "../collab/arrived";
import { useComments } from "../collab/comments/useComments";
import { useCompany } from "../collab/people";
import { useFollowedPlace, useTellPlace } from "../collab/usePlaces";
import { editing } from "../document/draft";
import { setMeta } from "../document/edits";
import type { Opened } from "../document/open";
import type { Specs } from "../document/load";
import { useName } from "../document/useDocument";
import { useHistoryKeys, useOpenForVersion } from "../history/useHistoryKeys";
import { useShownVersion } from "../history/useShownVersion";
import { useProblemWatch } from "../panel/problems";
import { clearRunStatus } from "../run/statusStore";
import { Split } from "../ui/Split";
import { say } from "../ui/say";
import { CanvasNotes } from "./CanvasNotes";
import { Failed } from "./Failed";
import { Dock, type ShownRun } from "./Dock";
import { Header } from "./Header";
import { useKeys } from "./keys";
import { LastRun } from "./LastRun";
import { ProblemList } from "./ProblemList";
import { addressOf, go, type Place } from "./router";
import { SavedState, useIsReadOnly } from "./Saved";
import { Middle } from "./Middle";
import { BranchOf, VersionBar } from "./slots";
import { useOpened } from "./useOpened";
import { WorkflowTools } from "./WorkflowTools";

type WorkflowPlace = Extract<Place, { screen: "workflow" }>;

export function WorkflowScreen({ place }: { place: WorkflowPlace }) {
  const { id } = place;
  const { specs, error } = useCatalogue();
  const opening = useOpened(id);
  const failure = error ?? (opening.kind === "failed" ? opening.error : null);
  if (failure) return <Failed error={failure} />;
  if (opening.kind !== "open" || !specs) {
    return (
      <div className="screen" aria-busy="true">
        <Header title={`Workflow ${id}`} />
      </div>
    );
  }
  return <Editor place={place} opened={opening.opened} specs={specs} />;
}

interface EditorProps {
  place: WorkflowPlace;
  opened: Opened;
  specs: Specs;
}

function Editor({ place, opened, specs }: EditorProps) {
  const { doc, saver, provider } = opened;
  const isReadOnly = useIsReadOnly(saver);
  const { id, run: runId, seq = null, version = null } = place;
  const shown = useShownVersion(id, version, specs);
  const kept = useMemo(
    () => ({ screen: "workflow", id, ...(version !== null && { version }) }) as const,
    [id, version],
  );
  const run = useMemo<ShownRun | null>(() => (runId === undefined ? null : { id: runId, seq }), [runId, seq]);
  useProblemWatch(doc);
  useEffect(() => () => showProblems([]), []);
  useEffect(() => editing(id, doc), [id, doc]);
  useEffect(() => watchArrivals(doc, provider, (arrived) => say(wordsOf(arrived))), [doc, provider]);
  useKeys({
    save: () => void saver.now().then(() => say(saver.saved.state.kind === "saved" ? "Saved." : "Not saved yet.")),
  });
  const close = useCallback(() => {
    go(addressOf(kept), "replace");
    clearRunStatus();
  }, [kept]);
  useEffect(() => clearRunStatus, []);
  const onRun = useCallback((run: string) => go(addressOf({ screen: "workflow", id, run }), "replace"), [id]);
  const onSeq = useCallback(
    (seq: number | null) =>
      runId !== undefined && go(addressOf({ ...kept, run: runId, ...(seq !== null && { seq }) }), "replace"),
    [kept, runId],
  );
  useCompany(opened);
  useComments(doc, !isReadOnly);
  useTellPlace(runId ?? null);
  useFollowedPlace(id);
  useHistoryKeys(!isReadOnly);
  useOpenForVersion(version);
  useAsHost({ workflow: id, doc, specs, opened, shared: opened.doc, run: runId ?? null, onRun });
  const title = `Workflow ${useName(doc).name || id}`;
  return (
    <div className="screen" data-keys-default={run ? "timeline canvas" : "canvas"}>
      <Header title={title} tools={<WorkflowTools id={id} opened={opened} canEdit={!isReadOnly} onRun={onRun} />}>
        <Name opened={opened} readOnly={isReadOnly} />
        <SavedState saver={saver} />
        <ProblemList doc={doc} specs={specs} />
      </Header>
      <Suspense>
        <BranchOf id={id} opened={opened} canEdit={!isReadOnly} />
      </Suspense>
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
            <Middle
              doc={shown?.read?.doc ?? doc}
              specs={specs}
              run={run}
              editable={!isReadOnly && shown === null}
              onRun={onRun}
            >
              {shown === null && <CanvasNotes doc={doc} readOnly={isReadOnly} />}
              {run === null && shown === null && <LastRun workflow={id} onShow={onRun} />}
              {shown && (
                <Suspense>
                  <VersionBar id={id} shown={shown} opened={opened} canEdit={!isReadOnly} />
                </Suspense>
              )}
            </Middle>
          </Split>
        </Beside>
      </main>
    </div>
  );
}

function Name({ opened: { doc }, readOnly }: { opened: Opened; readOnly: boolean }) {
  const { name, id } = useName(doc);
  return (
    <input
      className="workflow-name"
      aria-label="Name of the workflow"
      value={name ?? ""}
      placeholder={id}
      readOnly={readOnly}
      size={Math.max(8, Math.min(40, (name || id).length))}
      onChange={(event) => setMeta(doc, "name", event.target.value)}
      onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
    />
  );
}
