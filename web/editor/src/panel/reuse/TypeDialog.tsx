/** Names a node type, shows the tests that were run, and puts it in the palette. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useMemo, useState } from "react";
import type * as Y from "yjs";
import { ServiceError } from "../../api/client";
import type { WorkflowNode } from "../../api/types";
import { hostNow } from "../../ai/host";
import { project } from "../../document/project";
import { writeJson } from "../../lib/exact";
import { Dialog } from "../../ui/Dialog";
import { say } from "../../ui/say";
import { makeType, type NewType, type Reusable } from "./api";

interface Props {
  doc: Y.Doc;
  node: WorkflowNode;
  onClose: () => void;
}

/** `Only large orders` is `only-large-orders` in files. */
const nameFor = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[-0-9]+|-+$/g, "") || "script";

export function TypeDialog({ doc, node, onClose }: Props) {
  const [title, setTitle] = useState(node.name ?? "My script");
  const [typed, setTyped] = useState<string | null>(null);
  const [description, setDescription] = useState("");
  const [wrong, setWrong] = useState<ServiceError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const queries = useQueryClient();
  const name = typed ?? nameFor(title);
  const wish = useWish(doc, node.id);
  const tests = useQuery({
    queryKey: ["node type", wish],
    queryFn: () => makeType({ ...wish, name: "tested", title: "Tested", description: "", check: true }),
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
  const make = async () => {
    setBusy(true);
    setWrong(null);
    try {
      const made = await makeType({ ...wish, name, title, description, check: false });
      await queries.invalidateQueries({ queryKey: ["nodes"] });
      say(`“${made.title}” is in the palette, version ${made.version}`);
      onClose();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      setWrong(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Make it a node type"
      about="It can be placed in every workflow. One that uses it keeps the version that it was placed with."
    >
      <form
        className="make-type-form"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <Field word="Title" value={title} onChange={setTitle} />
        <Field word="Name in files" value={name} onChange={setTyped} before="workspace." />
        <Field word="Description" value={description} onChange={setDescription} />
        <Tests made={tests.data} error={tests.error} />
        {wrong && <Wrong error={wrong} />}
        <footer className="fork-foot">
          <button type="submit" className="button primary" disabled={isBusy || !tests.data || !title.trim()}>
            Make node type
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

/** What is asked for, with the workflow as it stands while the window is open. */
function useWish(doc: Y.Doc, node: string): Pick<NewType, "workflow" | "draft" | "node"> {
  return useMemo(() => {
    const draft = project(doc);
    return { workflow: hostNow()?.workflow ?? draft.id, draft, node };
  }, [doc, node]);
}

interface FieldProps {
  word: string;
  value: string;
  onChange: (value: string) => void;
  before?: string;
}

function Field({ word, value, onChange, before }: FieldProps) {
  const id = useId();
  return (
    <div className="make-type-field">
      <label htmlFor={id} className="field-title">
        {word}
      </label>
      <div className="describe-box">
        {before && <code>{before}</code>}
        <input id={id} className="field-input" value={value} onChange={(event) => onChange(event.target.value)} />
      </div>
    </div>
  );
}

function Tests({ made, error }: { made: Reusable | undefined; error: Error | null }) {
  if (error) return <Wrong error={error} />;
  if (!made) return <p className="text-ink-soft">Running what was recorded of it…</p>;
  return (
    <section>
      <h3 className="field-title">
        {made.examples.length === 1 ? "1 test" : `${made.examples.length} tests`} from what was recorded, all passed
      </h3>
      <ul className="make-type-tests">
        {made.examples.map((example, at) => (
          <li key={at}>
            <code>{short(example.input)}</code> gives <code>{short(example.output)}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Wrong({ error }: { error: Error }) {
  const hint = error instanceof ServiceError ? error.hint : undefined;
  return (
    <p className="make-type-wrong" role="alert">
      {error.message}
      {hint && <span className="text-ink-soft"> {hint}</span>}
    </p>
  );
}

const SHOWN_CHARS_MAX = 120;

function short(value: unknown): string {
  const text = writeJson(value);
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
}
