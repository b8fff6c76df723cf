/** What would be published: who changed what since, and what becomes of recorded runs under it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import { useState } from "react";
import { listRuns } from "../api/runs";
import type { RunId, RunRow } from "../api/types";
import type { Opened } from "../document/open";
import { useWorkflow } from "../document/useDocument";
import { ago, counted } from "../lib/words";
import { Dialog } from "../ui/Dialog";
import { say } from "../ui/say";
import { StatusDot } from "../ui/StatusDot";
import { checkDraft, publish, type Checked } from "./api";
import { ByList } from "./ByList";
import { CheckedRuns } from "./CheckedRuns";
import { closeWindow } from "./historyStore";
import { stateWords } from "./PublishButton";
import { keptHash } from "./restoring";
import { usePublished } from "./usePublished";
import { namesIn } from "./useVersions";
import { Wrong } from "./VersionsRoom";

const RUNS = 12;

const ABOUT =
  "Triggers run the published version; Run, in the editor, runs the draft as it stands. Before anything is published, triggers have nothing to run.";

export function PublishWindow({ workflow, opened }: { workflow: string; opened: Opened }) {
  const { published, changes, state } = usePublished(workflow);
  const nameOf = namesIn(useWorkflow(opened.doc));
  const { runs, chosen, turn } = useGoodRuns(workflow);
  const { step, checked, error, begin } = usePublishing(workflow, opened, chosen);
  const isSame = state.kind === "same";
  return (
    <Dialog open onClose={closeWindow} title="Publish" about={ABOUT}>
      <div className="history-form">
        <section>
          <h3 className="ai-subhead">
            {stateWords(state)}
            {published?.at && ` · published ${ago(published.at)} by ${published.by?.name ?? "somebody"}`}
          </h3>
          <ByList by={changes?.by ?? []} nameOf={nameOf} label="Changes since it was published, by author" />
        </section>
        {!isSame && <RunChoice runs={runs} chosen={chosen} turn={turn} isLocked={step !== "choosing"} />}
        {step === "checking" && (
          <p role="status">Playing {counted(chosen.size, "run")} again, from their recordings…</p>
        )}
        {checked && <CheckedRuns checked={checked} />}
        {error && <Wrong error={error} />}
        <footer className="history-foot">
          <button type="button" className="button" onClick={closeWindow}>
            Cancel
          </button>
          <button
            type="button"
            className="button primary"
            disabled={isSame || state.kind === "unknown" || step === "checking" || step === "publishing"}
            onClick={() => void begin()}
          >
            <Rocket size={14} aria-hidden /> {verbOf(isSame, checked, chosen.size)}
          </button>
        </footer>
      </div>
    </Dialog>
  );
}

function verbOf(isSame: boolean, checked: Checked | null, runs: number): string {
  if (isSame) return "Published";
  if (checked) return isAlike(checked) ? "Publish" : "Publish all the same";
  return runs > 0 ? "Play them again, then publish" : "Publish without a check";
}

const isAlike = ({ differs, untold }: Checked) => differs.length + untold.length === 0;

type Step = "choosing" | "checking" | "checked" | "publishing";

/** Runs first; what comes out as it was is published at once, and else a person decides. */
function usePublishing(workflow: string, opened: Opened, chosen: ReadonlySet<RunId>) {
  const queries = useQueryClient();
  const [step, setStep] = useState<Step>("choosing");
  const [checked, setChecked] = useState<{ hash: string; result: Checked } | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const make = async (hash: string) => {
    setStep("publishing");
    await publish(workflow, hash);
    await queries.invalidateQueries({ queryKey: ["published", workflow] });
    await queries.invalidateQueries({ queryKey: ["history", workflow] });
    closeWindow();
    say("Published: triggers run this version from now on.");
  };
  const begin = async () => {
    setError(null);
    try {
      const hash = await keptHash(workflow, opened);
      // What was changed meanwhile has not been checked.
      if (chosen.size === 0 || checked?.hash === hash) return await make(hash);
      setStep("checking");
      const result = await checkDraft(workflow, [...chosen]);
      setChecked({ hash, result });
      if (isAlike(result)) return await make(hash);
      setStep("checked");
    } catch (error) {
      setStep("choosing");
      setError(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return { step, checked: checked?.result ?? null, error, begin };
}

/** The last runs that came out well, all of them chosen at first. */
function useGoodRuns(workflow: string) {
  const { data } = useQuery({
    queryKey: ["runs", "good", workflow],
    queryFn: () => listRuns({ workflow, status: "COMPLETED", limit: String(RUNS) }),
  });
  const [left, setLeft] = useState<ReadonlySet<RunId>>(new Set());
  const runs = (data?.items ?? []).filter(({ forkOf, mode }) => !forkOf && mode === "live");
  const chosen = new Set(runs.map(({ run }) => run).filter((run) => !left.has(run)));
  const turn = (run: RunId) =>
    setLeft(left.has(run) ? new Set([...left].filter((each) => each !== run)) : new Set([...left, run]));
  return { runs, chosen, turn };
}

interface ChoiceProps {
  runs: readonly RunRow[];
  chosen: ReadonlySet<RunId>;
  turn: (run: RunId) => void;
  isLocked: boolean;
}

function RunChoice({ runs, chosen, turn, isLocked }: ChoiceProps) {
  if (runs.length === 0)
    return <p className="ai-quiet">No run has come out well yet, so there is none to compare with.</p>;
  return (
    <fieldset className="publish-runs" disabled={isLocked}>
      <legend className="ai-subhead">Play these runs again first, from their recordings; nothing is performed</legend>
      {runs.map(({ run, name, status, started }) => (
        <label key={run}>
          <input type="checkbox" checked={chosen.has(run)} onChange={() => turn(run)} />
          <StatusDot status={status} /> {name ?? `run ${run.slice(-6)}`}{" "}
          <span className="ai-quiet">{ago(started)}</span>
        </label>
      ))}
    </fieldset>
  );
}
