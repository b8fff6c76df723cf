/** What a run starts with: a form when the trigger says what it needs, else JSON. */
import { Play } from "lucide-react";
import { useId, useMemo, useState, type SyntheticEvent } from "react";
import type { Json, Workflow } from "../api/types";
import { hint, isRecord, oneValue, parseJson, writeJson, type Field } from "../lib/schema";
import { oneLine } from "../lib/words";
import { Form } from "./Form";
import { inputFields, lastInputs, rememberInput } from "./runInput";
import type { Target } from "./target";

interface InputFormProps {
  workflow: Workflow;
  /** What the button does: `Run`, `Run to here`. */
  action: string;
  busy?: boolean;
  start: (input: Json) => void;
}

export function InputForm({ workflow, action, busy = false, start }: InputFormProps) {
  const fields = useMemo(() => inputFields(workflow), [workflow]);
  const remembered = useMemo(() => lastInputs(workflow.id), [workflow.id]);
  const [input, setInput] = useState<Json>(() => remembered[0] ?? firstInput(fields));
  const [unread, setUnread] = useState<string | null>(null);
  const [asForm, setAsForm] = useState(fields !== null);
  const formed = fields !== null && asForm && isRecord(input);
  const missing = formed ? fields.filter((field) => hint(field, input[field.name]) !== null) : [];
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (unread !== null || busy) return;
    rememberInput(workflow.id, input);
    start(input);
  };
  return (
    <form className="input-form" onSubmit={submit}>
      {fields && <Switch formed={formed} off={!isRecord(input)} choose={setAsForm} />}
      {formed ? (
        <InputFields fields={fields} input={input} setInput={setInput} />
      ) : (
        <JsonInput
          key={writeJson(remembered[0])}
          input={input}
          setInput={setInput}
          setUnread={setUnread}
          unread={unread}
        />
      )}
      <Earlier inputs={remembered} choose={setInput} />
      <div className="input-form-end">
        <button type="submit" className="button-main" disabled={unread !== null || busy}>
          <Play size={14} aria-hidden /> {action}
        </button>
        {missing.length > 0 && (
          <span className="field-problem" role="status">
            To fill in: {missing.map(({ title }) => title).join(", ")}
          </span>
        )}
      </div>
    </form>
  );
}

/** Nothing but what the schema says by itself. */
function firstInput(fields: Field[] | null): Json {
  const given = (fields ?? []).filter(({ initial }) => initial !== undefined);
  return Object.fromEntries(given.map((field) => [field.name, field.initial ?? null]));
}

interface FieldsProps {
  fields: Field[];
  input: { [key: string]: Json };
  setInput: (change: (input: Json) => Json) => void;
}

function InputFields({ fields, input, setInput }: FieldsProps) {
  const target = useMemo(
    (): Target => ({
      key: "input",
      readOnly: false,
      plain: true,
      setParam: (name, value) => setInput((before) => oneValue(isRecord(before) ? before : {}, name, value)),
      text: () => null,
      settle: () => undefined,
      track: () => undefined,
      undo: () => undefined,
      redo: () => undefined,
    }),
    [setInput],
  );
  return <Form fields={fields} values={input} target={target} />;
}

interface JsonInputProps {
  input: Json;
  unread: string | null;
  setInput: (input: Json) => void;
  setUnread: (problem: string | null) => void;
}

function JsonInput({ input, setInput, unread, setUnread }: JsonInputProps) {
  const id = useId();
  const [typed, setTyped] = useState<{ text: string; of: Json } | null>(null);
  const text = typed && typed.of === input ? typed.text : writeJson(input);
  const type = (next: string) => {
    const { value, problem } = parseJson(next);
    setUnread(problem ?? null);
    setTyped({ text: next, of: problem === undefined ? value : input });
    if (problem === undefined) setInput(value);
  };
  return (
    <div className="field-row">
      <label htmlFor={id} className="field-title">
        Input, as JSON
      </label>
      <textarea
        id={id}
        className="field-input field-code"
        rows={6}
        spellCheck={false}
        value={text}
        aria-invalid={unread !== null || undefined}
        aria-describedby={unread === null ? undefined : `${id}-unread`}
        onChange={(event) => type(event.target.value)}
      />
      {unread && (
        <p id={`${id}-unread`} className="field-problem">
          {unread}
        </p>
      )}
    </div>
  );
}

function Switch({ formed, off, choose }: { formed: boolean; off: boolean; choose: (form: boolean) => void }) {
  return (
    <div className="field-segments" role="radiogroup" aria-label="Enter the input as">
      {[true, false].map((form) => (
        <label key={String(form)}>
          <input
            type="radio"
            name="input-as"
            checked={formed === form}
            disabled={form && off}
            onChange={() => choose(form)}
          />
          <span>{form ? "Form" : "JSON"}</span>
        </label>
      ))}
    </div>
  );
}

function Earlier({ inputs, choose }: { inputs: Json[]; choose: (input: Json) => void }) {
  if (inputs.length < 2) return null;
  return (
    <details className="input-earlier">
      <summary>Earlier inputs</summary>
      <ul>
        {inputs.map((input, at) => (
          <li key={at}>
            <button type="button" className="problem-row" onClick={() => choose(input)}>
              <code>{oneLine(input, 80)}</code>
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
