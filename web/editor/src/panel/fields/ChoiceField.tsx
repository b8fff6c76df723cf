/** One of a few values: side by side when they are short, else in a menu. */
import type { Json } from "../../api/types";
import { shortly } from "../../lib/schema";
import { naming, type Props } from "./fieldProps";

const SIDE_BY_SIDE_CHARS = 24;

export function ChoiceField(props: Props<"choice">) {
  const { field } = props;
  const chars = field.choices.reduce((sum: number, choice) => sum + shortly(choice).length + 2, 0);
  const short = field.choices.length <= 4 && chars <= SIDE_BY_SIDE_CHARS && !props.label;
  return short ? <Segments {...props} /> : <Menu {...props} />;
}

/** The choices by the text that shows them. */
const byText = (choices: Json[], text: string) => choices.find((choice) => shortly(choice) === text);

function Menu(props: Props<"choice">) {
  const { field, value, change, readOnly } = props;
  const known = value === undefined || byText(field.choices, shortly(value)) !== undefined;
  const unset =
    field.initial === undefined
      ? field.unset || (field.required ? "Choose…" : "Not set")
      : `${shortly(field.initial)} (default)`;
  return (
    <select
      {...naming(props)}
      className="field-input field-select"
      value={value === undefined ? "" : shortly(value)}
      disabled={readOnly}
      data-unset={value === undefined || undefined}
      onChange={(event) => change(byText(field.choices, event.target.value))}
    >
      <option value="">{unset}</option>
      {!known && <option value={shortly(value)}>{shortly(value)}</option>}
      {field.choices.map((choice) => (
        <option key={shortly(choice)}>{shortly(choice)}</option>
      ))}
    </select>
  );
}

function Segments(props: Props<"choice">) {
  const { field, value, change, readOnly, id } = props;
  const shown = value ?? field.initial;
  return (
    <div
      {...naming(props)}
      aria-required={undefined}
      role="radiogroup"
      aria-labelledby={`${id}-title`}
      className="field-segments"
    >
      {field.choices.map((choice) => (
        <label key={shortly(choice)} data-unset={value === undefined || undefined}>
          <input
            type="radio"
            name={id}
            checked={choice === shown}
            disabled={readOnly}
            onChange={() => change(choice)}
          />
          <span>{shortly(choice)}</span>
        </label>
      ))}
    </div>
  );
}
