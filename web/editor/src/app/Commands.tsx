/** The command palette: actions, nodes on the canvas, workflows, runs, and every value that flowed. */
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { FileSearch, History, Workflow } from "lucide-react";
import { useDeferredValue, useState, type ReactNode } from "react";
import { listRuns, searchValues } from "../api/runs";
import type { SearchHit } from "../api/types";
import { listWorkflows } from "../api/workflows";
import { onScreen } from "../canvas/onScreen";
import { NodeIcon } from "../canvas/icons";
import { ago } from "../lib/words";
import { ALL_RUNS, runsAddress } from "../lists/runFilter";
import { StatusDot } from "../ui/StatusDot";
import { act, findHandler, KEYS, keyLabel, type Key } from "./keys";
import { addressOf, go } from "./router";
import { setTheme } from "./theme";
import { showNode } from "./showNode";

/** Values are searched from this many letters on. */
const VALUE_LETTERS_MIN = 2;
const EACH_MAX = 6;

export function Commands({ onClose }: { onClose: () => void }) {
  const [words, setWords] = useState("");
  // What is at hand follows each keystroke, so that Enter means what was typed; what is asked for may come later.
  const typed = words.trim();
  const query = useDeferredValue(typed);
  const done = (does: () => void) => () => {
    onClose();
    // After the window has given the keyboard back.
    setTimeout(does);
  };
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      label="Find anything"
      shouldFilter={false}
      overlayClassName="veil"
      contentClassName="commands"
    >
      <Command.Input
        value={words}
        onValueChange={setWords}
        placeholder="Find an action, a node, a workflow, a run, a value…"
      />
      <Command.List>
        <Command.Empty>Nothing fits “{words}”.</Command.Empty>
        <Actions query={typed} done={done} />
        <Nodes query={typed} done={done} />
        <Workflows query={query} done={done} />
        <Runs query={query} done={done} />
        <Values query={query} done={done} />
      </Command.List>
    </Command.Dialog>
  );
}

interface Part {
  query: string;
  done: (does: () => void) => () => void;
}

interface Doable {
  name: string;
  keys: string;
  does: () => void;
}

function doable(): Doable[] {
  const keyed = (KEYS as readonly Key[])
    .filter((key) => !key.native && key.action !== "palette" && findHandler(key.action as never))
    .map((key) => ({ name: key.says, keys: keyLabel(key.keys[0] ?? ""), does: () => act(key.action as never) }));
  const places: Doable[] = [
    { name: "Go to workflows", keys: "", does: () => go("/") },
    { name: "Go to runs", keys: "", does: () => go("/runs") },
    { name: "Go to the dashboard", keys: "", does: () => go("/dashboard") },
    { name: "Go to the settings", keys: "", does: () => go("/settings") },
    { name: "Light theme", keys: "", does: () => setTheme("light") },
    { name: "Dark theme", keys: "", does: () => setTheme("dark") },
    { name: "Theme of the system", keys: "", does: () => setTheme("system") },
  ];
  return [...keyed, ...places];
}

const holds = (text: string, query: string) => text.toLowerCase().includes(query.toLowerCase());

function Actions({ query, done }: Part) {
  const found = doable().filter(({ name }) => holds(name, query));
  if (found.length === 0) return null;
  return (
    <Command.Group heading="Actions">
      {(query ? found : found.slice(0, EACH_MAX)).map(({ name, keys, does }) => (
        <Row key={name} id={`action ${name}`} onSelect={done(does)} end={keys && <kbd>{keys}</kbd>}>
          {name}
        </Row>
      ))}
    </Command.Group>
  );
}

function Nodes({ query, done }: Part) {
  const found = query ? onScreen.named().filter(({ id, title }) => holds(`${title} ${id}`, query)) : [];
  if (found.length === 0) return null;
  return (
    <Command.Group heading="Nodes">
      {found.slice(0, EACH_MAX).map(({ id, title, icon }) => (
        <Row
          key={id}
          id={`node ${id}`}
          onSelect={done(() => showNode(id))}
          icon={<NodeIcon name={icon} />}
          end={<code>{id}</code>}
        >
          {title}
        </Row>
      ))}
    </Command.Group>
  );
}

function Workflows({ query, done }: Part) {
  const { data } = useQuery({
    queryKey: ["workflows", query],
    queryFn: () => listWorkflows(query),
    placeholderData: (before) => before,
  });
  if (!data || data.items.length === 0) return null;
  return (
    <Command.Group heading="Workflows">
      {data.items.slice(0, EACH_MAX).map(({ id, name, nodes }) => (
        <Row
          key={id}
          id={`workflow ${id}`}
          onSelect={done(() => go(addressOf({ screen: "workflow", id })))}
          icon={<Workflow size={16} aria-hidden />}
          end={`${nodes} nodes`}
        >
          {name || id}
        </Row>
      ))}
    </Command.Group>
  );
}

function Runs({ query, done }: Part) {
  const { data } = useQuery({ queryKey: ["runs", "newest"], queryFn: () => listRuns({ limit: "50" }) });
  const found = (data?.items ?? []).filter((run) =>
    holds(`${run.workflow.id} ${run.run} ${run.status} ${run.name ?? ""}`, query),
  );
  if (found.length === 0) return null;
  return (
    <Command.Group heading="Runs">
      {found.slice(0, EACH_MAX).map((run) => (
        <Row
          key={run.run}
          id={`run ${run.run}`}
          onSelect={done(() => go(addressOf({ screen: "run", id: run.run, seq: null, node: null, diff: null })))}
          icon={<History size={16} aria-hidden />}
          end={ago(run.started)}
        >
          <StatusDot status={run.status} /> {run.name ?? run.workflow.id} <code>{run.run.slice(0, 8)}</code>
        </Row>
      ))}
    </Command.Group>
  );
}

function Values({ query, done }: Part) {
  const { data } = useQuery({
    queryKey: ["values", query],
    queryFn: () => searchValues(query),
    enabled: query.length >= VALUE_LETTERS_MIN,
  });
  if (!data || data.items.length === 0) return null;
  const every = runsAddress({ ...ALL_RUNS, text: query });
  return (
    <Command.Group heading="Values">
      {data.items.map((hit) => (
        <Row
          key={`${hit.run} ${hit.frame} ${hit.role} ${hit.snippet.path}`}
          id={`value ${hit.run} ${hit.frame} ${hit.role} ${hit.snippet.path}`}
          onSelect={done(() => go(addressOf({ screen: "run", id: hit.run, seq: hit.seq, node: hit.node, diff: null })))}
          icon={<FileSearch size={16} aria-hidden />}
          end={whereOf(hit)}
        >
          <Snippet hit={hit} />
        </Row>
      ))}
      {data.next && (
        <Row id="value every" onSelect={done(() => go(every))} icon={<FileSearch size={16} aria-hidden />}>
          All values that hold “{query}”
        </Row>
      )}
    </Command.Group>
  );
}

/** Where it flowed: many values are alike in all but this. */
function whereOf({ workflow, node, role, at, run }: SearchHit): string {
  return `${workflow} · ${node} · ${role} · ${run.slice(-6)}, ${ago(at)}`;
}

function Snippet({ hit }: { hit: SearchHit }) {
  return (
    <code>
      {hit.snippet.path && <span className="text-ink-soft">{hit.snippet.path}: </span>}
      {hit.snippet.parts.map(({ text, found }, at) =>
        found ? <mark key={at}>{text}</mark> : <span key={at}>{text}</span>,
      )}
    </code>
  );
}

interface RowProps {
  id: string;
  onSelect: () => void;
  icon?: ReactNode;
  end?: ReactNode;
  children: ReactNode;
}

function Row({ id, onSelect, icon, end, children }: RowProps) {
  return (
    <Command.Item value={id} onSelect={onSelect}>
      {icon}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {end && <span className="commands-end">{end}</span>}
    </Command.Item>
  );
}
