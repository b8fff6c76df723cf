/** What came of the proposal that was accepted last: what was applied, the run that goes on, and the others like it. */
import { Check } from "lucide-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { addressOf } from "../app/router";
import { counted } from "../lib/words";
import { Link } from "../ui/Link";
import { StatusDot } from "../ui/StatusDot";
import type { Status } from "../api/types";
import { recover } from "./api";
import { useHost } from "./host";
import { refusalOf, takeBack } from "./review";
import { useReview } from "./reviewStore";
import type { Accepted, Alike, Recovered } from "./types";
import { visible } from "./words";

/** A run that goes on does so with another workflow, and ends as it had not. */
function useRunAnew(accepted: Accepted) {
  const queries = useQueryClient();
  useEffect(() => {
    const run = accepted.resumed?.runId;
    if (run !== undefined) void queries.invalidateQueries({ queryKey: ["run", run] });
  }, [accepted, queries]);
}

const runAt = (run: string) => addressOf({ screen: "run", id: run, seq: null, node: null, diff: null });

export function Outcome({ accepted }: { accepted: Accepted }) {
  const { proposal, applied, resumed, notResumed, alike, problems } = accepted;
  useRunAnew(accepted);
  const isEditable = useHost(({ host }) => host?.opened != null && host.workflow === proposal.workflow);
  const takenBack = useReview((review) => review.takenBack.has(proposal.id));
  if (takenBack) return <p className="ai-quiet">Taken back.</p>;
  return (
    <section className="ai-outcome" aria-label="What was applied">
      <ul>
        {applied.map((sentence, at) => (
          <li key={at}>
            <Check size={13} aria-hidden /> <span>{visible(sentence)}</span>
          </li>
        ))}
      </ul>
      {problems.length > 0 && <p className="ai-quiet">{counted(problems.length, "problem")} in the workflow now.</p>}
      {isEditable && (
        <button type="button" className="ai-link" onClick={() => takeBack(accepted)}>
          Take it back
        </button>
      )}
      {resumed && (
        <p>
          {resumed.sameRun ? "The run goes on: " : "A fork goes on from the failed frame: "}
          <Link href={runAt(resumed.runId)}>{resumed.runId.slice(-6)}</Link>
        </p>
      )}
      {notResumed && (
        <p role="alert">
          The workflow is changed, but the run did not go on: {visible(notResumed.detail)}
          {notResumed.hint && <span className="ai-quiet"> {visible(notResumed.hint)}</span>}
        </p>
      )}
      {alike && alike.count > 0 && <Others proposal={proposal.id} alike={alike} />}
    </section>
  );
}

/** The others in stages, so that a fix that does not hold for them shows itself on one. */
function Others({ proposal, alike }: { proposal: string; alike: Alike }) {
  const [left, setLeft] = useState(alike.count);
  const [stages, setStages] = useState<readonly Recovered[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const stoppedAt = stages.at(-1)?.stoppedAt ?? null;
  const resume = async (count: 1 | 10 | "all") => {
    setBusy(true);
    setProblem(null);
    try {
      const stage = await recover(proposal, count);
      setStages([...stages, stage]);
      setLeft(stage.left);
    } catch (error) {
      setProblem(refusalOf(error).reason);
    }
    setBusy(false);
  };
  const done = stages.flatMap((stage) => stage.resumed);
  return (
    <div className="ai-others">
      {left > 0 && (
        <p>
          {counted(left, "other run")} failed the same way.{" "}
          {([1, 10, "all"] as const)
            .filter((count) => count === "all" || count < left)
            .map((count) => (
              <button key={count} type="button" className="button" disabled={isBusy} onClick={() => void resume(count)}>
                {count === "all" ? (left === 1 ? "Resume it" : `Resume all ${left}`) : `Resume ${count}`}
              </button>
            ))}
        </p>
      )}
      {done.length > 0 && (
        <ul className="ai-recovered" aria-label="Runs that were resumed">
          {done.map(({ run, into, status }) => (
            <li key={run}>
              <StatusDot status={status.toUpperCase() as Status} /> <Link href={runAt(into)}>{into.slice(-6)}</Link>{" "}
              {status.toLowerCase()}
            </li>
          ))}
        </ul>
      )}
      {stoppedAt && (
        <p className="ai-problem" role="alert">
          Stopped: <Link href={runAt(stoppedAt)}>{stoppedAt.slice(-6)}</Link> failed again.
        </p>
      )}
      {left === 0 && !stoppedAt && done.length > 0 && <p className="ai-quiet">All of them were resumed.</p>}
      {problem && <p className="ai-problem">{problem}</p>}
    </div>
  );
}
