/** Finds the edit between two versions that made a run come out as it did, by playing it again under those in between. */
import { useQuery } from "@tanstack/react-query";
import { SearchCode } from "lucide-react";
import { useState } from "react";
import { getRun, listRuns } from "../api/runs";
import type { RunId } from "../api/types";
import { counted } from "../lib/words";
import { Dialog } from "../ui/Dialog";
import { bisect, type Broke, type Version } from "./api";
import { BisectFound } from "./BisectFound";
import { closeWindow } from "./historyStore";
import { namesIn, useVersion, useVersions } from "./useVersions";
import { Wrong } from "./VersionsRoom";
import { authorsWords, clockOf, dayOf, titleOf, type NameOf } from "./words";

interface BisectProps {
  workflow: string;
  run: RunId;
  /** A version under which it comes out as it should, when that is known. */
  good: string | null;
}

const ABOUT =
  "The run is played again from its recordings, under the versions between two of them; nothing is performed. What comes out under the good version is what should come out.";

export function BisectWindow({ workflow, run, good: known }: BisectProps) {
  const { list, rows } = useVersions(workflow);
  const { good: lastGood, bad: executed, error: unread } = useEnds(workflow, run, rows, known);
  const [chosen, choose] = useState<{ good?: string; bad?: string }>({});
  const good = chosen.good ?? lastGood ?? "";
  const bad = chosen.bad ?? executed ?? "";
  const nameOf = namesIn(useVersion(workflow, bad || null).data);
  const { isBusy, found, error, find } = useSearch(run);
  const ends = { rows, nameOf };
  return (
    <Dialog open onClose={closeWindow} title="Find the edit that broke it" about={ABOUT} wide={found !== null}>
      <div className="history-form bisect">
        <End
          label="Good: it came out as it should"
          value={good}
          onChoose={(good) => choose({ ...chosen, good })}
          {...ends}
        />
        <End label="Bad: it did not" value={bad} onChoose={(bad) => choose({ ...chosen, bad })} {...ends} />
        {list.hasNextPage && (
          <button type="button" className="ai-link" onClick={() => void list.fetchNextPage()}>
            Read older versions, too
          </button>
        )}
        {(error ?? unread) && <Wrong error={(error ?? unread) as Error} />}
        {isBusy && <p role="status">Playing the run again, version by version…</p>}
        {found && <BisectFound workflow={workflow} found={found} good={good} rows={rows} nameOf={nameOf} />}
        <footer className="history-foot">
          <button type="button" className="button" onClick={closeWindow}>
            {found ? "Close" : "Cancel"}
          </button>
          <button
            type="button"
            className="button primary"
            disabled={isBusy || !good || !bad}
            onClick={() => void find(good, bad)}
          >
            <SearchCode size={14} aria-hidden /> Find it{spanOf(rows, good, bad)}
          </button>
        </footer>
      </div>
    </Dialog>
  );
}

/** ` among 12 versions`. */
function spanOf(rows: readonly Version[], good: string, bad: string): string {
  const [from, to] = [rows.findIndex(({ hash }) => hash === good), rows.findIndex(({ hash }) => hash === bad)];
  return from > to && to >= 0 ? ` among ${counted(from - to, "version")}` : "";
}

function useSearch(run: RunId) {
  const [isBusy, setBusy] = useState(false);
  const [found, setFound] = useState<Broke | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const find = async (good: string, bad: string) => {
    setBusy(true);
    setFound(null);
    setError(null);
    try {
      setFound(await bisect(run, good, bad));
    } catch (error) {
      setError(error instanceof Error ? error : new Error(String(error)));
    }
    setBusy(false);
  };
  return { isBusy, found, error, find };
}

/** The version that the run executed, and the last one before it under which some run completed. */
function useEnds(workflow: string, run: RunId, rows: readonly Version[], known: string | null) {
  const detail = useQuery({ queryKey: ["run", run], queryFn: () => getRun(run) });
  const completed = useQuery({
    queryKey: ["runs", "completed", workflow],
    queryFn: () => listRuns({ workflow, status: "COMPLETED", limit: "100" }),
  });
  const bad = detail.data?.workflow.hash ?? null;
  const ran = new Set(completed.data?.items.map((row) => row.workflow.hash));
  const at = rows.findIndex(({ hash }) => hash === bad);
  const earlier = at < 0 ? [] : rows.slice(at + 1);
  const good = earlier.find(({ hash }) => ran.has(hash) && hash !== bad)?.hash ?? earlier.at(-1)?.hash ?? null;
  return { good: known !== bad && known !== null ? known : good, bad, error: detail.error ?? completed.error };
}

interface EndProps {
  label: string;
  rows: readonly Version[];
  value: string;
  nameOf: NameOf;
  onChoose: (hash: string) => void;
}

function End({ label, rows, value, nameOf, onChoose }: EndProps) {
  // A version that was saved again is there twice, and one of them is enough to choose.
  const once = rows.filter(({ hash }, at) => rows.findIndex((row) => row.hash === hash) === at);
  return (
    <label>
      <span className="field-label">{label}</span>
      <select className="history-field" value={value} onChange={(event) => onChoose(event.target.value)}>
        {!once.some(({ hash }) => hash === value) && (
          <option value={value}>{value ? `version ${value.slice(0, 7)}` : "Choose a version"}</option>
        )}
        {once.map((row) => (
          <option key={row.hash} value={row.hash}>
            {versionWords(row, nameOf)}
          </option>
        ))}
      </select>
    </label>
  );
}

const versionWords = (row: Version, nameOf: NameOf) =>
  [titleOf(row, nameOf), authorsWords(row.authors), row.savedAt && `${dayOf(row.savedAt)} ${clockOf(row.savedAt)}`]
    .filter(Boolean)
    .join(" · ");
