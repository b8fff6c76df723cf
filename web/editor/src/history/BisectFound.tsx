/** The edit that broke a run: who made it, what it changed, and how it was found. */
import { Check, CircleSlash, X } from "lucide-react";
import { useMemo } from "react";
import { changesOf } from "../ai/changes";
import { ChangeView } from "../ai/ChangeView";
import { visible } from "../ai/words";
import { addressOf, go } from "../app/router";
import { counted } from "../lib/words";
import type { Broke, Version } from "./api";
import { ByList } from "./ByList";
import { closeWindow, openVersions, showSide } from "./historyStore";
import { useVersion } from "./useVersions";
import { authorsWords, clockOf, dayOf, originWords, titleOf, type NameOf } from "./words";

interface FoundProps {
  workflow: string;
  found: Broke;
  good: string;
  rows: readonly Version[];
  nameOf: NameOf;
}

export function BisectFound({ workflow, found, good, rows, nameOf }: FoundProps) {
  const { version, by, steps, untold } = found;
  const before = useVersion(workflow, lastGood(found, good, rows)).data;
  const after = useVersion(workflow, version.hash).data;
  const changes = useMemo(() => before && after && changesOf(before, after), [before, after]);
  const show = () => {
    closeWindow();
    showSide("in");
    openVersions();
    go(addressOf({ screen: "workflow", id: workflow, version: version.hash }));
  };
  return (
    <section className="bisect-found" aria-label="The edit that broke it">
      <h3 role="status">
        {visible(titleOf(version, nameOf))}
        <span className="ai-quiet">
          {" "}
          {authorsWords(version.authors)} {originWords(version.origin)}
          {version.savedAt && ` · ${dayOf(version.savedAt)} ${clockOf(version.savedAt)}`}
        </span>
      </h3>
      <ByList by={by} nameOf={nameOf} label="Who made the edit" />
      {changes && <ChangeView changes={changes} />}
      {untold.length > 0 && (
        <p className="ai-quiet">
          {counted(untold.length, "version")} before it could not be told: the edit may be in one of them.
        </p>
      )}
      <button type="button" className="button" onClick={show}>
        Show this version in the history
      </button>
      {steps.length > 0 && (
        <details>
          <summary className="ai-quiet">Found in {counted(steps.length, "step")}</summary>
          <ol className="bisect-steps" aria-label="Versions that were looked at">
            {steps.map((step, at) => (
              <li key={at} data-verdict={step.verdict}>
                <Sign verdict={step.verdict} />
                <span>
                  {wordsOf(step.hash, rows, nameOf)}
                  {step.why && <span className="ai-quiet"> {step.why}</span>}
                </span>
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}

function wordsOf(hash: string, rows: readonly Version[], nameOf: NameOf): string {
  const row = rows.find((row) => row.hash === hash);
  return row ? `${titleOf(row, nameOf)} · ${clockOf(row.savedAt)}` : `version ${hash.slice(0, 7)}`;
}

/** The newest version before the bad one that was found good. */
function lastGood({ steps }: Broke, good: string, rows: readonly Version[]): string {
  const known = new Set([good, ...steps.filter(({ verdict }) => verdict === "good").map(({ hash }) => hash)]);
  return rows.find(({ hash }) => known.has(hash))?.hash ?? good;
}

function Sign({ verdict }: { verdict: string }) {
  const Icon = verdict === "good" ? Check : verdict === "bad" ? X : CircleSlash;
  return <Icon size={13} aria-label={verdict} role="img" />;
}
