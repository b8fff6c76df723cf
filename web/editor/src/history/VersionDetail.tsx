/** The version that is looked at: its name, what it changed or what has changed since, and the ways on. */
import { GitBranch, Undo2 } from "lucide-react";
import { useId, useMemo, useState, type FormEvent, type ReactNode } from "react";
import { changesOf, type Changes } from "../ai/changes";
import { ChangeView } from "../ai/ChangeView";
import { useIsReadOnly } from "../app/Saved";
import { useWorkflow } from "../document/useDocument";
import { complain } from "../run/actions";
import { say } from "../ui/say";
import { nameVersion } from "./api";
import { ByList } from "./ByList";
import { openWindow, showSide, useHistoryPanel } from "./historyStore";
import { restoreVersion } from "./restoring";
import { useChanges, useVersion } from "./useVersions";
import type { VersionRowProps } from "./VersionRow";
import { Wrong } from "./VersionsRoom";

export function VersionDetail(props: VersionRowProps) {
  const { workflow, opened, row, isCurrent } = props;
  const side = useHistoryPanel((panel) => panel.side);
  const canEdit = !useIsReadOnly(opened.saver);
  return (
    <div className="version-detail">
      {canEdit && <NameForm key={row.name ?? ""} {...props} />}
      {canEdit && (
        <div className="ai-decide">
          <button
            type="button"
            className="button"
            disabled={isCurrent}
            title="Makes the workflow like this again, as a new edit"
            onClick={() => void restoreVersion(workflow, row.hash, opened)}
          >
            <Undo2 size={14} aria-hidden /> Restore
          </button>
          <button
            type="button"
            className="button"
            onClick={() => openWindow({ kind: "branch", hash: isCurrent ? null : row.hash })}
          >
            <GitBranch size={14} aria-hidden /> Branch from here
          </button>
        </div>
      )}
      <div className="version-sides" role="radiogroup" aria-label="What is compared">
        <Side is={side === "since"} choose={() => showSide("since")}>
          Changed since
        </Side>
        <Side is={side === "in"} choose={() => showSide("in")}>
          Changed here
        </Side>
      </div>
      {side === "since" ? <SinceThen {...props} /> : <InIt {...props} />}
    </div>
  );
}

function Side({ is, choose, children }: { is: boolean; choose: () => void; children: ReactNode }) {
  const name = useId();
  return (
    <label>
      <input type="radio" name={name} checked={is} onChange={choose} />
      {children}
    </label>
  );
}

function NameForm({ workflow, row, onChanged }: VersionRowProps) {
  const [name, setName] = useState(row.name ?? "");
  const isChanged = name.trim() !== (row.name ?? "");
  const keep = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await nameVersion(workflow, row.hash, name);
      say(name.trim() ? `Named ${name.trim()}.` : "The name is taken away.");
      onChanged();
    } catch (error) {
      complain(error);
    }
  };
  return (
    <form className="version-name" onSubmit={(event) => void keep(event)}>
      <input
        aria-label="Name of this version"
        placeholder="Name this version…"
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <button type="submit" className="button" disabled={!isChanged}>
        Name it
      </button>
    </form>
  );
}

function SinceThen({ workflow, opened, row, nameOf }: VersionRowProps) {
  const version = useVersion(workflow, row.hash);
  const now = useWorkflow(opened.doc);
  const changes = useMemo(() => version.data && changesOf(version.data, now), [version.data, now]);
  const who = useChanges(workflow, row.hash, null);
  if (version.error) return <Wrong error={version.error} onAgain={() => void version.refetch()} />;
  return (
    <Shown changes={changes} nothing="It is as it is now.">
      <ByList by={who.data?.by ?? []} nameOf={nameOf} label="Who changed what since" />
    </Shown>
  );
}

function InIt({ workflow, row, before, isFirst, nameOf }: VersionRowProps) {
  const [old, version] = [useVersion(workflow, before), useVersion(workflow, row.hash)];
  const changes = useMemo(
    () => old.data && version.data && changesOf(old.data, version.data),
    [old.data, version.data],
  );
  const who = useChanges(workflow, before, row.hash);
  const error = old.error ?? version.error;
  if (error) return <Wrong error={error} />;
  if (isFirst) return <p className="ai-quiet">It is the first version: there is none before it.</p>;
  if (before === null)
    return <p className="ai-quiet">The version before it is not read yet: ask for older versions.</p>;
  return (
    <Shown changes={changes} nothing="It is the same as the version before it.">
      <ByList by={who.data?.by ?? []} nameOf={nameOf} label="Who changed what here" />
    </Shown>
  );
}

interface ShownProps {
  changes: Changes | undefined;
  nothing: string;
  children: ReactNode;
}

function Shown({ changes, nothing, children }: ShownProps) {
  if (!changes) return <p className="ai-quiet">Comparing…</p>;
  const { nodes, edges, workflow } = changes;
  if (nodes.length + edges.length + workflow.length === 0) return <p className="ai-quiet">{nothing}</p>;
  return (
    <>
      {children}
      <ChangeView changes={changes} />
    </>
  );
}
