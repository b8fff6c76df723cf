/** The parameters of a node as a form made from their schema. Only what is changed is written; defaults are shown. */
import { memo, useCallback, useId, useMemo } from "react";
import type { Json, Problem } from "../api/types";
import type { Field } from "../lib/schema";
import { FieldRow } from "./fields/FieldRow";
import { below, FormContext } from "./formContext";
import { NOWHERE, type Surroundings } from "./scope";
import type { Target } from "./target";
import "./panel.css";

interface FormProps {
  fields: readonly Field[];
  values: Readonly<Record<string, Json>>;
  target: Target;
  problems?: readonly Problem[];
  surroundings?: Surroundings;
}

const NO_PROBLEMS: readonly Problem[] = [];

export function Form({ fields, values, target, problems = NO_PROBLEMS, surroundings = NOWHERE }: FormProps) {
  const base = useId();
  const shared = useMemo(() => ({ target, problems, surroundings }), [target, problems, surroundings]);
  return (
    <FormContext value={shared}>
      <div className="form">
        {fields.map((field) => (
          <TopField
            key={`${target.key}.${field.name}`}
            field={field}
            value={values[field.name]}
            id={`${base}${field.name}`}
            target={target}
          />
        ))}
      </div>
    </FormContext>
  );
}

interface TopFieldProps {
  field: Field;
  value: Json | undefined;
  id: string;
  target: Target;
}

/** Drawn again only when its own value, or what all fields share, has changed. */
const TopField = memo(function TopField({ field, value, id, target }: TopFieldProps) {
  const change = useCallback(
    (next: Json | undefined, typing?: boolean) => target.setParam(field.name, next, typing),
    [target, field.name],
  );
  return <FieldRow field={field} value={value} pointer={below("", field.name)} id={id} change={change} />;
});
