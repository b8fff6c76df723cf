/** What every field of a form shares. */
import { createContext, useContext } from "react";
import type { Problem } from "../api/types";
import { NOWHERE, type Surroundings } from "./scope";
import type { Target } from "./target";

interface FormShared {
  target: Target;
  problems: readonly Problem[];
  surroundings: Surroundings;
}

const NO_TARGET: Target = {
  key: "",
  readOnly: true,
  setParam: () => undefined,
  text: () => null,
  settle: () => undefined,
  track: () => undefined,
  undo: () => undefined,
  redo: () => undefined,
};

export const FormContext = createContext<FormShared>({ target: NO_TARGET, problems: [], surroundings: NOWHERE });

export const useForm = () => useContext(FormContext);

/** Complaints about the value at this pointer; with `deep` also about what lies in it. */
export function problemsAt(problems: readonly Problem[], pointer: string, deep: boolean): Problem[] {
  return problems.filter(({ place: { param } }) => {
    if (typeof param !== "string") return false;
    const at = param.startsWith("/") ? param : `/${param}`;
    return at === pointer || (deep && at.startsWith(`${pointer}/`));
  });
}

/** One more step of a JSON pointer. */
export const below = (pointer: string, step: string | number) =>
  `${pointer}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
