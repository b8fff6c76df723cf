/** All workflows: found, opened, made, copied, carried in and out, removed. */
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { FileUp, Plus, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useMayEdit } from "../api/session";
import { listWorkflows } from "../api/workflows";
import { Header } from "../app/Header";
import { addressOf, go } from "../app/router";
import { useServiceEvents } from "../api/events";
import { newWorkflow } from "./changes";
import { ImportDialog } from "./ImportDialog";
import { WorkflowTable } from "./WorkflowTable";

export function WorkflowsScreen() {
  const [words, setWords] = useState("");
  const [tag, setTag] = useState("");
  const [isImporting, setImporting] = useState(false);
  const query = useDeferredValue(words.trim());
  const queries = useQueryClient();
  const mayEdit = useMayEdit();
  const list = useInfiniteQuery({
    queryKey: ["workflows", "list", query, tag],
    queryFn: ({ pageParam }) => listWorkflows(query, tag, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  });
  useServiceEvents(["workflow", "run"], () => void queries.invalidateQueries({ queryKey: ["workflows"] }));
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const tags = [...new Set(rows.flatMap((row) => row.tags))].sort();
  const create = () => void newWorkflow().then((id) => go(addressOf({ screen: "workflow", id })));
  return (
    <div className="screen">
      <Header />
      <main className="page">
        <div className="page-inner">
          <div className="page-head">
            <h1>Workflows</h1>
            <label className="search">
              <Search size={14} aria-hidden />
              <input
                type="search"
                aria-label="Search workflows"
                placeholder="Search by name or id"
                value={words}
                onChange={(event) => setWords(event.target.value)}
              />
            </label>
            {mayEdit && (
              <>
                <button type="button" className="button" onClick={() => setImporting(true)}>
                  <FileUp size={14} aria-hidden />
                  Import
                </button>
                <button type="button" className="button primary" onClick={create}>
                  <Plus size={14} aria-hidden />
                  New workflow
                </button>
              </>
            )}
          </div>
          <Tags tags={tags} chosen={tag} onChoose={setTag} />
          {list.error && <p role="alert">{list.error.message}</p>}
          {rows.length > 0 && <WorkflowTable rows={rows} />}
          {list.isSuccess && rows.length === 0 && (
            <Nothing
              isFiltered={query !== "" || tag !== ""}
              mayEdit={mayEdit}
              onCreate={create}
              onImport={() => setImporting(true)}
            />
          )}
          {list.hasNextPage && (
            <button type="button" className="button" onClick={() => void list.fetchNextPage()}>
              Show more
            </button>
          )}
        </div>
      </main>
      {isImporting && <ImportDialog onClose={() => setImporting(false)} />}
    </div>
  );
}

function Tags({
  tags,
  chosen,
  onChoose,
}: {
  tags: readonly string[];
  chosen: string;
  onChoose: (tag: string) => void;
}) {
  const all = chosen && !tags.includes(chosen) ? [chosen, ...tags] : tags;
  if (all.length === 0) return null;
  return (
    <div className="tags" role="group" aria-label="Filter by tag">
      {all.map((tag) => (
        <button
          key={tag}
          type="button"
          className="tag"
          aria-pressed={tag === chosen}
          onClick={() => onChoose(tag === chosen ? "" : tag)}
        >
          {tag}
        </button>
      ))}
    </div>
  );
}

function Nothing({
  isFiltered,
  mayEdit,
  onCreate,
  onImport,
}: {
  isFiltered: boolean;
  mayEdit: boolean;
  onCreate: () => void;
  onImport: () => void;
}) {
  if (isFiltered) return <p className="blank text-ink-soft">No workflow fits. Try fewer letters, or another tag.</p>;
  return (
    <div className="blank">
      <h2>No workflows yet</h2>
      <p className="text-ink-soft">
        A workflow is a graph of steps that runs and remembers every value that flowed. Draw one, or bring a YAML or
        JSON file.
      </p>
      {mayEdit && (
        <div className="flex gap-2">
          <button type="button" className="button primary" onClick={onCreate}>
            Draw one
          </button>
          <button type="button" className="button" onClick={onImport}>
            Import a file
          </button>
        </div>
      )}
    </div>
  );
}
