/** One of several forms. */
import { useState } from "react";
import { blank, fits } from "../../lib/schema";
import { naming, type Props } from "./fieldProps";
import { Control } from "./Control";

export function VariantField(props: Props<"variant">) {
  const { field, value, change, readOnly, id } = props;
  const fitting = value === undefined ? -1 : field.variants.findIndex((variant) => fits(variant, value));
  const [chosen, choose] = useState(Math.max(fitting, 0));
  const held = field.variants[chosen];
  const at = value === undefined || (held && fits(held, value)) ? chosen : Math.max(fitting, 0);
  const variant = field.variants[at];
  if (!variant) return null;
  const pick = (next: number) => {
    const to = field.variants[next];
    choose(next);
    if (to) change(value !== undefined && fits(to, value) ? value : blank(to));
  };
  return (
    <div className="field-nest">
      <select
        {...naming(props)}
        className="field-input field-select"
        value={at}
        disabled={readOnly}
        onChange={(event) => pick(Number(event.target.value))}
      >
        {field.variants.map((option, index) => (
          <option key={index} value={index}>
            {option.title}
          </option>
        ))}
      </select>
      <Control {...props} key={at} field={variant} id={`${id}-form`} label={variant.title} />
    </div>
  );
}
