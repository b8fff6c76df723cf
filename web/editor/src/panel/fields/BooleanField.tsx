/** True or false. While nothing is written, the default is shown. */
import { naming, type Props } from "./fieldProps";

export function BooleanField(props: Props<"boolean">) {
  const { field, value, change, readOnly } = props;
  const on = (value ?? field.initial ?? false) === true;
  return (
    <span className="field-switch">
      <input
        {...naming(props)}
        type="checkbox"
        role="switch"
        checked={on}
        disabled={readOnly}
        onChange={(event) => change(event.target.checked)}
      />
    </span>
  );
}
