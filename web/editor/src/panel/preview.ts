/** What an expression gives for the values at hand, while it is written. */
import { useEffect, useState } from "react";
import { call } from "../api/client";
import type { Json, Problem } from "../api/types";
import { wholeExpression } from "../lib/schema";
import type { Scope, ScopeSource } from "./scope";

export type Outcome = { value: Json; bytes: number; problem?: never } | { problem: Problem; value?: never };

export type Trial =
  | { kind: "waiting" }
  /** Not complete enough to be asked about, or the service does not answer. */
  | { kind: "none" }
  | { kind: "given"; text: string; outcome: Outcome };

const QUIET_MS = 150;

const evaluate = (text: string, scope: ScopeSource | Record<string, never>, signal: AbortSignal) =>
  call<Outcome>("POST", "/expressions", { text, scope }, {}, signal);

/** Asks when the typing has paused; an answer to an older text is dropped, and its request ended. */
export function useTrial(text: string, scope: Scope | null): Trial {
  const [trial, setTrial] = useState<Trial>({ kind: "waiting" });
  const source = JSON.stringify(scope?.source ?? {});
  const worth = hasContent(text);
  useEffect(() => {
    if (!worth) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      evaluate(text, JSON.parse(source) as ScopeSource, stop.signal)
        .then((outcome): Trial => ({ kind: "given", text, outcome }))
        .catch((): Trial => ({ kind: "none" }))
        .then((next) => {
          if (!stop.signal.aborted) setTrial(next);
        });
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, source, worth]);
  return worth ? trial : { kind: "none" };
}

/** `{{ }}` is not wrong, only not written yet. */
const hasContent = (text: string) => text.includes("{{") && !/^\s*\{\{\s*\}\}\s*$/.test(text);

/** The complaint to show: without values only what is wrong for any value. */
export function problemOf(trial: Trial, hasValues: boolean): Problem | null {
  const problem = trial.kind === "given" ? trial.outcome.problem : undefined;
  if (!problem || trial.kind !== "given") return null;
  if (isOfText(problem)) return problem;
  return hasValues ? inText(problem, trial.text) : null;
}

/** Found while the text was read, so its place is one in the text. */
const isOfText = ({ code }: Problem) => code === "syntax" || code === "limit";

/** What fails while it is evaluated has its place in the expression alone; of several, nobody says in which. */
function inText(problem: Problem, text: string): Problem {
  const inner = wholeExpression(text);
  const { line, column } = problem.place;
  if (inner === null || line !== 1 || !column) return { ...problem, place: {} };
  const before = [...text.slice(0, text.indexOf(inner))].length;
  return { ...problem, place: { line, column: column + before } };
}
