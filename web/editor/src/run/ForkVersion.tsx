/** Which version of the workflow a fork goes on with: the one that the run executed, unless another is chosen. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { NodeId, Workflow, WorkflowRef } from "../api/types";
import { getVersion, listVersions, type VersionRow } from "../api/workflows";
import { draftOf } from "../document/draft";
import { ago } from "../lib/words";
import { complain } from "./actions";
import { changeLines, versionChanges } from "./versionChanges";

interface Props {
  executed: WorkflowRef;
  workflow: Workflow;
  /** Null: the version that the run executed. */
  chosen: Workflow | null;
  onChoose: (version: Workflow | null) => void;
  nameOf: (node: NodeId) => string;
}

const EXECUTED = "executed";
const DRAFT = "draft";

export function ForkVersion({ executed, workflow, chosen, onChoose, nameOf }: Props) {
  const [value, setValue] = useState(EXECUTED);
  const [isReading, setReading] = useState(false);
  const { data } = useQuery({
    queryKey: ["versions", executed.id],
    // A workflow that was removed has no versions to offer; its run can be forked all the same.
    queryFn: () => listVersions(executed.id).catch(() => [] as VersionRow[]),
  });
  const others = (data ?? []).filter(({ hash }) => hash !== executed.hash);
  const isNewest = data?.[0]?.hash === executed.hash;
  const choose = async (next: string) => {
    setReading(true);
    try {
      onChoose(await read(executed.id, next));
      setValue(next);
    } catch (error) {
      complain(error);
    }
    setReading(false);
  };
  return (
    <fieldset className="fork-edit" aria-busy={isReading}>
      <legend className="field-label">Version of the workflow</legend>
      <select
        aria-label="Version of the workflow"
        value={value}
        disabled={isReading}
        onChange={(event) => void choose(event.target.value)}
      >
        <option value={EXECUTED}>
          The one this run executed: version {executed.version}
          {isNewest && ", the newest"}
        </option>
        {draftOf(executed.id) && <option value={DRAFT}>As it stands in the editor now</option>}
        {others.map((row) => (
          <option key={row.hash} value={row.hash}>
            {versionName(row, row === data?.[0])}
          </option>
        ))}
      </select>
      {chosen && <Changes from={workflow} to={chosen} nameOf={nameOf} />}
    </fieldset>
  );
}

async function read(id: string, value: string): Promise<Workflow | null> {
  if (value === EXECUTED) return null;
  return value === DRAFT ? draftOf(id) : getVersion(id, value);
}

function versionName({ version, savedAt, hash }: VersionRow, isNewest: boolean): string {
  const when = savedAt ? `, saved ${ago(savedAt)}` : "";
  return `Version ${version}${when}${isNewest ? ", the newest" : ""} (${hash.slice(0, 7)})`;
}

function Changes({ from, to, nameOf }: { from: Workflow; to: Workflow; nameOf: Props["nameOf"] }) {
  const lines = changeLines(versionChanges(from, to), nameOf);
  if (lines.length === 0) return <p className="text-ink-soft">It does the same as the version this run executed.</p>;
  return (
    <ul className="fork-changes" aria-label="What differs from the version this run executed">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
