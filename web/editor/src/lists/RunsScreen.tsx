/** All runs: filtered, live, and as many as there are. */
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { useServiceEvents } from "../api/events";
import type { RunRow } from "../api/types";
import { go } from "../app/router";
import { listRuns } from "../run/api";
import { SearchValues } from "../run/SearchValues";
import { STATUS_WORDS } from "../ui/StatusDot";
import { ImportRun } from "./ImportRun";
import { ALL_RUNS, askedOf, isFiltered, type ListedRuns, parseFilter, runsAddress } from "./runFilter";
import { RunTable } from "./RunTable";
import { WorkflowChoice } from "./WorkflowChoice";
import "./runs.css";

export function RunsScreen() {
  const [filter, setFilter] = useState(() => parseFilter(location.search));
  const change = (part: Partial<ListedRuns>) => {
    const next = { ...filter, ...part };
    setFilter(next);
    go(runsAddress(next), "replace");
  };
  const text = useDeferredValue(filter.text.trim());
  return (
    <div className="runs">
      <div className="runs-head">
        <h1>Runs</h1>
        <Filters filter={filter} change={change} />
        <ImportRun />
      </div>
      {text.length >= 2 ? (
        <SearchValues text={text} {...(filter.workflow && { workflow: filter.workflow })} />
      ) : (
        <Rows filter={filter} onClear={() => change(ALL_RUNS)} />
      )}
    </div>
  );
}

function Rows({ filter, onClear }: { filter: ListedRuns; onClear: () => void }) {
  const queries = useQueryClient();
  const asked = useMemo(() => askedOf(filter), [filter]);
  const list = useInfiniteQuery({
    queryKey: ["runs", "list", asked],
    queryFn: ({ pageParam }) => listRuns(asked, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  });
  useServiceEvents(["run"], () => void queries.invalidateQueries({ queryKey: ["runs", "list"] }));
  const rows: RunRow[] = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.error) {
    return (
      <p className="runs-none" role="alert">
        {list.error.message}
      </p>
    );
  }
  if (list.isSuccess && rows.length === 0) {
    return (
      <div className="runs-none">
        <p>{isFiltered(filter) ? "No run is like this." : "Nothing has run yet. Open a workflow and press Run."}</p>
        {isFiltered(filter) && (
          <button type="button" className="button" onClick={onClear}>
            Show all runs
          </button>
        )}
      </div>
    );
  }
  return <RunTable rows={rows} more={list.hasNextPage ? () => void list.fetchNextPage() : null} />;
}

const STATUSES = ["RUNNING", "WAITING", "COMPLETED", "FAILED", "CANCELLED", "INTERRUPTED"] as const;
const TIMES: [number, string][] = [
  [0, "Any time"],
  [1, "Last hour"],
  [24, "Last day"],
  [168, "Last week"],
  [720, "Last 30 days"],
];
const DURATIONS: [number, string][] = [
  [0, "Any duration"],
  [1000, "Over 1 s"],
  [10_000, "Over 10 s"],
  [60_000, "Over 1 min"],
  [600_000, "Over 10 min"],
];

function Filters({ filter, change }: { filter: ListedRuns; change: (part: Partial<ListedRuns>) => void }) {
  return (
    <search className="runs-filters">
      <label className="search">
        <Search size={14} aria-hidden />
        <input
          type="search"
          aria-label="Text in any value"
          placeholder="Text in any value"
          value={filter.text}
          onChange={(event) => change({ text: event.target.value })}
        />
      </label>
      <WorkflowChoice chosen={filter.workflow} onChoose={(workflow) => change({ workflow })} />
      <select aria-label="Status" value={filter.status} onChange={(event) => change({ status: event.target.value })}>
        <option value="">Any status</option>
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {STATUS_WORDS[status]}
          </option>
        ))}
      </select>
      <Choice label="Started" of={TIMES} value={filter.hours} onChoose={(hours) => change({ hours })} />
      <Choice label="Duration" of={DURATIONS} value={filter.minMs} onChoose={(minMs) => change({ minMs })} />
      {isFiltered(filter) && (
        <button type="button" className="tool" aria-label="Clear the filters" onClick={() => change(ALL_RUNS)}>
          <X size={15} aria-hidden />
        </button>
      )}
    </search>
  );
}

interface ChoiceProps {
  label: string;
  of: [number, string][];
  value: number;
  onChoose: (value: number) => void;
}

function Choice({ label, of, value, onChoose }: ChoiceProps) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChoose(Number(event.target.value))}>
      {of.map(([each, name]) => (
        <option key={each} value={each}>
          {name}
        </option>
      ))}
    </select>
  );
}
