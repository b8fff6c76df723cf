/** Which version of the workflow a run executed, with a step to those beside it. */
import { ChevronLeft, ChevronRight, FileClock } from "lucide-react";
import type { RunDetail } from "../api/types";
import { addressOf, go, placeNow, usePlace } from "../app/router";
import { ago } from "../lib/words";
import type { Version } from "./api";
import { neighbours } from "./executed";
import { openVersions, showSide } from "./historyStore";
import { useVersions } from "./useVersions";
import { authorsWords } from "./words";
import "./history.css";

export function RunVersion({ detail: { run, workflow } }: { detail: RunDetail }) {
  const { rows } = useVersions(workflow.id);
  const place = usePlace();
  const shown = (place.screen === "workflow" && place.version) || workflow.hash;
  const executed = rows.find(({ hash }) => hash === workflow.hash);
  const { older, newer } = neighbours(rows, shown);
  const show = (hash: string) => showBeside(workflow.id, run, hash);
  return (
    <span className="run-version" role="group" aria-label="The version that it executed">
      <Step label="The version before" version={older} act={show}>
        <ChevronLeft size={13} aria-hidden />
      </Step>
      <button
        type="button"
        className="mini words"
        aria-pressed={place.screen === "workflow" && place.version === workflow.hash}
        title="Show the version that this run executed, in the history"
        onClick={() => show(workflow.hash)}
      >
        <FileClock size={13} aria-hidden />
        <span>{wordsOf(executed, workflow.hash)}</span>
      </button>
      <Step label="The version after" version={newer} act={show}>
        <ChevronRight size={13} aria-hidden />
      </Step>
    </span>
  );
}

function wordsOf(row: Version | undefined, hash: string): string {
  if (!row) return `ran version ${hash.slice(0, 7)}`;
  if (row.name) return `ran “${row.name}”`;
  return `ran the version of ${authorsWords(row.authors)}${row.savedAt ? `, ${ago(row.savedAt)}` : ""}`;
}

/** On the workflow's screen, with the run at hand; what is told is what that version changed. */
function showBeside(id: string, run: string, version: string) {
  const { screen } = placeNow();
  showSide("in");
  openVersions();
  go(addressOf({ screen: "workflow", id, run, version }), screen === "workflow" ? "replace" : "push");
}

interface StepProps {
  label: string;
  version: Version | null;
  act: (hash: string) => void;
  children: React.ReactNode;
}

function Step({ label, version, act, children }: StepProps) {
  return (
    <button
      type="button"
      className="mini"
      aria-label={label}
      title={label}
      disabled={!version}
      onClick={() => version && act(version.hash)}
    >
      {children}
    </button>
  );
}
