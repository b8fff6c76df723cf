/** A value that is worked out when the node runs, with what it would be now. */
import type { Problem } from "../../api/types";
import { asExpression, shortly } from "../../lib/schema";
import { ExpressionEditor } from "../code/lazy";
import { useForm } from "../formContext";
import { problemOf, useTrial } from "../preview";
import { naming, type ControlProps } from "./fieldProps";
import { Preview } from "./Preview";

interface ExpressionFieldProps extends ControlProps {
  caret: number | null;
  /** The complaint about the whole value, when the service has one with a place. */
  known: Problem | null;
}

export function ExpressionField(props: ExpressionFieldProps) {
  const { field, value, change, caret, readOnly, known } = props;
  const { target, surroundings } = useForm();
  const text = typeof value === "string" ? value : asExpression(value);
  const shown = value === undefined ? "" : text;
  const trial = useTrial(shown, surroundings.scope);
  const found = problemOf(trial, surroundings.scope !== null);
  // What the check of the whole workflow says already is not said twice.
  const problem = found && isSame(found, known) ? null : found;
  const previewId = `${props.id}-preview`;
  const expression = shown.includes("{{");
  return (
    <div className="field-expression">
      <ExpressionEditor
        {...naming({
          ...props,
          invalid: props.invalid || problem !== null,
          describedBy: [expression && previewId, props.describedBy].filter(Boolean).join(" ") || undefined,
        })}
        aria-label={props.label ?? field.title}
        value={shown}
        placeholder={placeholderFor(field.examples)}
        lines={field.kind === "text" ? field.lines : 1}
        caret={caret}
        readOnly={readOnly}
        problem={problem ?? known}
        surroundings={surroundings}
        target={target}
        type={(next) => change(next === "" && !props.label ? undefined : next, true)}
      />
      {expression && <Preview id={previewId} text={shown} trial={trial} problem={problem} scope={surroundings.scope} />}
    </div>
  );
}

const isSame = (a: Problem, b: Problem | null) => b !== null && a.code === b.code && a.place.column === b.place.column;

function placeholderFor(examples: readonly unknown[]): string {
  const example = examples.find((one) => typeof one === "string" && one.includes("{{"));
  return `e.g. ${example === undefined ? "{{ input }}" : shortly(example as string)}`;
}
