/** Between two runs: who changed what in the workflow, and the edit that a node's difference comes from. */
import { FileClock } from "lucide-react";
import type { NodeId } from "../api/types";
import type { RunSide } from "../run/api";
import { addressOf, go } from "../app/router";
import { Avatar } from "../collab/Avatar";
import { ago } from "../lib/words";
import type { Version } from "./api";
import { ByList, NOBODY } from "./ByList";
import { between, touching } from "./executed";
import { openVersions, showSide } from "./historyStore";
import { useChanges, useVersions } from "./useVersions";
import { authorsWords, looksOf, titleOf, type NameOf } from "./words";
import { Wrong } from "./VersionsRoom";
import "../ai/ai.css";
import "./history.css";

interface TwoRuns {
  a: RunSide;
  b: RunSide;
  nameOf: NameOf;
}

/** Whether they executed two versions of one workflow. */
export const areTwoVersions = ({ a, b }: Pick<TwoRuns, "a" | "b">) =>
  a.workflow.id === b.workflow.id && a.workflow.hash !== b.workflow.hash;

export function WhoChanged({ a, b, nameOf }: TwoRuns) {
  const { rows } = useVersions(b.workflow.id);
  const { data, error } = useChanges(b.workflow.id, a.workflow.hash, b.workflow.hash);
  if (error) return <Wrong error={error} />;
  if (!data) return <p className="ai-quiet">Reading the history…</p>;
  const edits = between(rows, a.workflow.hash, b.workflow.hash);
  return (
    <>
      <ByList by={data.by} nameOf={nameOf} label="Who changed what between the two runs" />
      <ul className="edits-between" aria-label="Edits between the two runs">
        {edits.map((row) => (
          <li key={`${row.hash} ${row.savedAt}`}>
            <EditLink row={row} side={b} words={titleOf(row, nameOf)} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** The edit between the two runs that changed this node last; nothing when none did. */
export function CausedBy({ a, b, node }: Omit<TwoRuns, "nameOf"> & { node: NodeId }) {
  const { rows } = useVersions(b.workflow.id);
  const edit = touching(between(rows, a.workflow.hash, b.workflow.hash), node);
  if (!edit) return null;
  return (
    <p className="caused-by">
      <EditLink row={edit} side={b} words={`changed by ${authorsWords(edit.authors)}`} />
    </p>
  );
}

function EditLink({ row, side, words }: { row: Version; side: RunSide; words: string }) {
  const version = row.name ? `in “${row.name}”` : `in version ${row.hash.slice(0, 7)}`;
  const facts = [words !== row.name && version, row.savedAt && ago(row.savedAt)];
  const show = () => {
    showSide("in");
    openVersions();
    go(addressOf({ screen: "workflow", id: side.workflow.id, run: side.run, version: row.hash }));
  };
  return (
    <button type="button" className="edit-link" title="Show this edit in the history" onClick={show}>
      <Avatar person={looksOf(row.authors[0] ?? NOBODY)} />
      <span>{words}</span>
      <span className="ai-quiet">{facts.filter(Boolean).join(", ")}</span>
      <FileClock size={12} aria-hidden />
    </button>
  );
}
