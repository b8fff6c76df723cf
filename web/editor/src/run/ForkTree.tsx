/** The family of a run: where each fork left the run it came from, and how it ended. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, X } from "lucide-react";
import { useState } from "react";
import type { RunId } from "../api/types";
import { addressOf } from "../app/router";
import { ago, counted } from "../lib/words";
import { Link } from "../ui/Link";
import { StatusDot } from "../ui/StatusDot";
import { compareWith, complain, useRunPanels } from "./actions";
import { type ForkBranch, getForks, nameRun } from "./api";
import { short } from "./RunHeader";

export function ForkTree({ run }: { run: RunId }) {
  const { data, error } = useQuery({ queryKey: ["forks", run], queryFn: () => getForks(run) });
  return (
    <section className="run-frame" aria-label="Forks of this run">
      <header className="run-frame-head">
        <b>Forks</b>
        <span className="run-frame-facts" />
        <button
          type="button"
          className="mini"
          aria-label="Close the forks"
          onClick={() => useRunPanels.setState({ isForksShown: false })}
        >
          <X size={14} />
        </button>
      </header>
      {error && <p className="run-empty text-failed">{error.message}</p>}
      {data && (
        <ul className="fork-tree">
          <Branch branch={data} shown={run} />
        </ul>
      )}
      {data?.children.length === 0 && (
        <p className="run-empty">Nobody has forked this run yet. F forks it at the shown moment.</p>
      )}
    </section>
  );
}

function Branch({ branch, shown }: { branch: ForkBranch; shown: RunId }) {
  const { run, at, name, children } = branch;
  const isShown = run.run === shown;
  return (
    <li>
      <div className="fork-branch" aria-current={isShown || undefined}>
        <StatusDot status={run.status} />
        <span className="fork-title">
          {isShown ? (
            <b>{name ?? short(run.run)}</b>
          ) : (
            <Link href={addressOf({ screen: "run", id: run.run, seq: null, node: null, diff: null })}>
              {name ?? short(run.run)}
            </Link>
          )}
          <span className="text-ink-soft">
            {at !== null && ` at ${at}`} · {run.mode} · {counted(run.frames, "frame")} · {ago(run.started)}
          </span>
        </span>
        <Naming run={run.run} name={name} family={shown} />
        {!isShown && (
          <button type="button" className="mini words" onClick={() => compareWith(run.run)}>
            Compare
          </button>
        )}
      </div>
      {children.length > 0 && (
        <ul>
          {children.map((child) => (
            <Branch key={child.run.run} branch={child} shown={shown} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Naming({ run, name, family }: { run: RunId; name: string | null; family: RunId }) {
  const queries = useQueryClient();
  const [text, setText] = useState<string | null>(null);
  const save = async () => {
    try {
      if (text !== null && text !== (name ?? "")) await nameRun(run, text);
      await queries.invalidateQueries({ queryKey: ["forks", family] });
    } catch (error) {
      complain(error);
    }
    setText(null);
  };
  if (text === null) {
    return (
      <button
        type="button"
        className="mini"
        aria-label={`Name ${name ?? short(run)}`}
        onClick={() => setText(name ?? "")}
      >
        <Pencil size={12} />
      </button>
    );
  }
  return (
    <input
      // The pencil was pressed to type here.
      autoFocus
      className="fork-rename"
      aria-label="Name of the run"
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => void save()}
      onKeyDown={(event) => {
        if (event.key === "Enter") void save();
        if (event.key === "Escape") setText(null);
      }}
    />
  );
}
