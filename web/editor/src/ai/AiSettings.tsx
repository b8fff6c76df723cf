/** How the AI of this service is set up: who answers, with which models, within which limits. A key is never shown. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { ServiceError } from "../api/client";
import { useMayEdit } from "../api/session";
import { counted } from "../lib/words";
import { changeAi, listModels, testAi } from "./api";
import { dollars } from "./liveTurn";
import { AI_STATE, useAiState } from "./ModeLine";
import { TASKS, type AiChange, type AiState, type Limits, type ModelEntry, type Task } from "./types";
import "./ai.css";

export function AiSettings() {
  const { data, error } = useAiState();
  const mayEdit = useMayEdit();
  return (
    <div className="page">
      <div className="page-inner">
        <header className="page-head">
          <h1>Settings</h1>
        </header>
        {error && <p className="ai-problem">{error.message}</p>}
        <fieldset className="contents" disabled={!mayEdit}>
          {data && <Shown key={data.baseUrl ?? ""} state={data} />}
        </fieldset>
      </div>
    </div>
  );
}

function useChange() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: AiChange) => changeAi(change),
    onSuccess: (state) => {
      queries.setQueryData(AI_STATE, state);
      void queries.invalidateQueries({ queryKey: ["ai-models"] });
    },
  });
}

function Shown({ state }: { state: AiState }) {
  const change = useChange();
  return (
    <section className="settings" aria-label="AI">
      <h2>AI</h2>
      <Row name="Who answers">
        {state.mode === "planner" ? (
          <p>
            <b>Built-in planner (no model)</b>. It chains known steps from plain sentences and asks when it is unsure.
            For more, name an endpoint below or start the service with <code>FLOWFORGE_AI_BASE_URL</code>.
          </p>
        ) : (
          <p>A language model at the endpoint below.</p>
        )}
      </Row>
      <Endpoint state={state} onChange={(baseUrl) => change.mutate({ baseUrl })} />
      <Row name="Key">
        <p>
          {state.keyFrom
            ? `From the ${state.keyFrom}. It is never shown and never leaves the service.`
            : "None is set. It comes from the environment (OPENROUTER_API_KEY) or a file (FLOWFORGE_AI_KEY_FILE), never from here."}
        </p>
      </Row>
      <Models state={state} onChange={(models) => change.mutate(models)} />
      <Test />
      <LimitRows state={state} onChange={(limits) => change.mutate({ limits: { ...state.limits, ...limits } })} />
      <Row name="Spent">
        <p>
          {dollars(state.spent.dayUsd)} today, {dollars(state.spent.workspaceUsd)} in all,{" "}
          {counted(state.spent.tokens, "token")}
        </p>
      </Row>
      <Complaint error={change.error} />
    </section>
  );
}

function Complaint({ error }: { error: Error | null }) {
  if (!error) return null;
  return (
    <p className="ai-problem" role="alert">
      {error.message}
      {error instanceof ServiceError && error.hint && <span className="ai-quiet"> {error.hint}</span>}
    </p>
  );
}

function Row({ name, htmlFor, children }: { name: string; htmlFor?: string; children: ReactNode }) {
  return (
    <div className="settings-row">
      {htmlFor ? <label htmlFor={htmlFor}>{name}</label> : <span>{name}</span>}
      <div>{children}</div>
    </div>
  );
}

function Endpoint({ state, onChange }: { state: AiState; onChange: (baseUrl: string | null) => void }) {
  const [url, setUrl] = useState(state.baseUrl ?? "");
  const isChanged = url.trim() !== (state.baseUrl ?? "");
  return (
    <Row name="Base URL" htmlFor="ai-base-url">
      <form
        className="settings-form"
        onSubmit={(event) => {
          event.preventDefault();
          onChange(url.trim() || null);
        }}
      >
        <input
          id="ai-base-url"
          className="settings-input"
          value={url}
          placeholder="https://openrouter.ai/api/v1"
          spellCheck={false}
          onChange={(event) => setUrl(event.target.value)}
        />
        <button type="submit" className="button" disabled={!isChanged}>
          Use it
        </button>
        <button type="button" className="button" onClick={() => onChange("auto")}>
          Look for a local one
        </button>
      </form>
      <p className="ai-quiet">
        Any OpenAI-compatible endpoint. Looking for a local one asks the usual ports of this machine only.
      </p>
    </Row>
  );
}

const TASK_WORDS: Record<Task, string> = {
  draft: "Building and editing",
  code: "Node code",
  heal: "Fixes",
  explain: "Explanations",
  node: "AI nodes",
};

function Models({ state, onChange }: { state: AiState; onChange: (change: AiChange) => void }) {
  const { data, error } = useQuery({
    queryKey: ["ai-models"],
    queryFn: listModels,
    enabled: state.mode === "model",
    retry: false,
  });
  if (state.mode === "planner") return null;
  const choices = data?.items ?? [];
  return (
    <>
      <Row name="Model" htmlFor="ai-model">
        <ModelField
          id="ai-model"
          value={state.model ?? ""}
          unset="the endpoint's own choice"
          choices={choices}
          onChange={(model) => onChange({ model })}
        />
      </Row>
      {TASKS.map((task) => (
        <Row key={task} name={TASK_WORDS[task]} htmlFor={`ai-model-${task}`}>
          <ModelField
            id={`ai-model-${task}`}
            value={state.models[task] ?? ""}
            unset={state.model ?? "as above"}
            choices={choices}
            onChange={(model) => onChange({ models: { ...state.models, [task]: model } })}
          />
        </Row>
      ))}
      {error && (
        <Row name="">
          <p className="ai-quiet">The endpoint gives no list of models: {error.message}. Names can be typed.</p>
        </Row>
      )}
    </>
  );
}

/** Enter leaves the field, and leaving keeps what is in it: once, whichever of them it was. */
const leaveOnEnter = (event: KeyboardEvent<HTMLInputElement>) => {
  if (event.key === "Enter") event.currentTarget.blur();
};

interface ModelFieldProps {
  id: string;
  value: string;
  /** What holds when it is empty. */
  unset: string;
  choices: readonly ModelEntry[];
  onChange: (model: string | null) => void;
}

function ModelField({ id, value, unset, choices, onChange }: ModelFieldProps) {
  const [text, setText] = useState(value);
  const keep = () => {
    if (text.trim() !== value) onChange(text.trim() || null);
  };
  return (
    <>
      <input
        id={id}
        className="settings-input"
        list={`${id}-list`}
        value={text}
        placeholder={unset}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        onBlur={keep}
        onKeyDown={leaveOnEnter}
      />
      <datalist id={`${id}-list`}>
        {choices.map((choice) => (
          <option key={choice.id} value={choice.id}>
            {choice.name ?? choice.id}
          </option>
        ))}
      </datalist>
    </>
  );
}

function Test() {
  const test = useMutation({ mutationFn: testAi });
  const { data, error, isPending } = test;
  return (
    <Row name="Test">
      <div className="settings-form">
        <button type="button" className="button" disabled={isPending} onClick={() => test.mutate()}>
          {isPending ? "Asking…" : "Ask it something small"}
        </button>
        <span role="status">
          {data && (data.ok ? `${data.model} answered in ${data.ms} ms.` : (data.message ?? "It did not answer."))}
        </span>
      </div>
      <Complaint error={error} />
    </Row>
  );
}

const LIMIT_WORDS: Record<keyof Limits, string> = {
  runUsd: "Most for one run",
  dayUsd: "Most for one day",
  workspaceUsd: "Most in all",
};

function LimitRows({ state, onChange }: { state: AiState; onChange: (limits: Partial<Limits>) => void }) {
  return (Object.keys(LIMIT_WORDS) as (keyof Limits)[]).map((name) => (
    <Row key={name} name={LIMIT_WORDS[name]} htmlFor={`ai-limit-${name}`}>
      <LimitField
        id={`ai-limit-${name}`}
        value={state.limits[name] ?? null}
        onChange={(usd) => onChange({ [name]: usd })}
      />
    </Row>
  ));
}

interface LimitProps {
  id: string;
  value: number | null;
  onChange: (usd: number | null) => void;
}

function LimitField({ id, value, onChange }: LimitProps) {
  const [text, setText] = useState(value === null ? "" : String(value));
  const number = text.trim() === "" ? null : Number(text);
  const isWrong = number !== null && !(number >= 0);
  const keep = () => {
    if (!isWrong && number !== value) onChange(number);
  };
  return (
    <span className="settings-form">
      <input
        id={id}
        className="settings-input small"
        inputMode="decimal"
        value={text}
        placeholder="no limit"
        aria-invalid={isWrong || undefined}
        onChange={(event) => setText(event.target.value)}
        onBlur={keep}
        onKeyDown={leaveOnEnter}
      />
      US dollars
    </span>
  );
}
