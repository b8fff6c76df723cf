/**
 * Complaints of the service about the workflow, asked for whenever it has changed and rested; and about what the document
 * holds beside it, which the service is not sent.
 */
import { useEffect } from "react";
import type * as Y from "yjs";
import { create } from "zustand";
import { call } from "../api/client";
import type { NodeId, Place, Problem, Workflow } from "../api/types";
import { showProblems } from "../canvas/problems";
import { select } from "../canvas/selection";
import { viewOf } from "../document/view";

/** A document is asked about when it has rested for so long, */
const QUIET_MS = 300;
/** and when many hands never let it rest, so long after the first change. */
const LATE_MS = 3000;

/** Checks now and after each change, until it is stopped. An answer about an older document is dropped. */
export function watchProblems(doc: Y.Doc): () => void {
  const view = viewOf(doc);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dirtySince: number | null = null;
  let found: readonly Problem[] | null = null;
  const show = () => {
    const { problems } = view.get();
    // Before the service has answered, what is shown stays.
    if (found !== null || problems.length > 0) showProblems([...problems, ...(found ?? [])]);
  };
  let asked = new AbortController();
  const check = async () => {
    dirtySince = null;
    asked.abort();
    const { signal } = (asked = new AbortController());
    const answer = await checkWorkflow(view.get().workflow, signal).catch(() => null);
    if (!answer || signal.aborted) return;
    found = answer;
    show();
  };
  const soon = () => {
    const now = Date.now();
    dirtySince ??= now;
    clearTimeout(timer);
    timer = setTimeout(() => void check(), Math.min(QUIET_MS, dirtySince + LATE_MS - now));
  };
  const leave = view.subscribe(show);
  doc.on("update", soon);
  show();
  void check();
  return () => {
    leave();
    doc.off("update", soon);
    clearTimeout(timer);
    asked.abort();
  };
}

const checkWorkflow = async (workflow: Workflow, signal: AbortSignal) =>
  (await call<{ problems: Problem[] }>("POST", "/check", workflow, {}, signal)).problems;

export const useProblemWatch = (doc: Y.Doc) => useEffect(() => watchProblems(doc), [doc]);

export interface Counts {
  errors: number;
  warnings: number;
}

export function countsOf(problems: readonly Problem[]): Counts {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  return { errors, warnings: problems.length - errors };
}

/** Sent to a text editor that was focused for a problem, with the line as `detail`. */
export const GO_TO_LINE = "gotoline";

/** Where in the inspector a person is led to. */
export interface Focus {
  node: NodeId | null;
  /** JSON pointer of a parameter, or of a field of the node or of the workflow. */
  param: string | null;
  field: string | null;
  line: number | null;
}

/** Which tab the inspector shows, kept from node to node; and where it has yet to put the focus. */
export const usePanel = create<{ tab: string; focus: Focus | null }>(() => ({ tab: "parameters", focus: null }));

/** Selects what the problem is about, and leads to the field. */
export function openProblem(doc: Y.Doc, { place }: Problem) {
  const node = place.node ?? null;
  const { edges } = viewOf(doc).get();
  const edge = typeof place.edge === "number" ? edges[place.edge] : undefined;
  if (edge) return select([], [edge.key]);
  select(node === null ? [] : [node]);
  const focus = { node, param: pointer(place.param), field: ownField(place), line: place.line ?? null };
  usePanel.setState({ tab: focus.param === null && focus.field !== null ? "settings" : "parameters", focus });
}

const pointer = (param: string | null | undefined) =>
  typeof param !== "string" ? null : param.startsWith("/") ? param : `/${param}`;

/** The field below its node or below `config`: `/graph/nodes/3/onError` is `/onError`. */
export function ownField({ field }: Place): string | null {
  return field?.replace(/^\/graph\/nodes\/\d+/, "").replace(/^\/config/, "") ?? null;
}

/** Complaints about fields that are no parameters, as the forms of settings look for them. */
export function asSettings(problems: readonly Problem[]): Problem[] {
  return problems.flatMap((problem) => {
    const field = ownField(problem.place);
    return field ? [{ ...problem, place: { ...problem.place, param: field } }] : [];
  });
}
