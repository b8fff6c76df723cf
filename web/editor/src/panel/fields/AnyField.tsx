/** A value of any kind, in the way that was chosen for it. */
import type { Mode } from "../mode";
import { BooleanField } from "./BooleanField";
import { plainField } from "./Control";
import type { ControlProps } from "./fieldProps";
import { JsonField } from "./JsonField";
import { NumberField } from "./NumberField";
import { TextField } from "./TextField";

export function AnyField({ mode, ...props }: ControlProps & { mode: Mode }) {
  switch (mode) {
    case "text":
      return <TextField {...plainField<"text">(props, { kind: "text", lines: 1 })} />;
    case "number":
      return <NumberField {...plainField<"number">(props, { kind: "number", whole: false })} />;
    case "boolean":
      return <BooleanField {...plainField<"boolean">(props, { kind: "boolean" })} />;
    case "nothing":
      return (
        <output id={props.id} aria-label={props.label} className="field-nothing">
          null
        </output>
      );
    default:
      return <JsonField {...props} />;
  }
}
