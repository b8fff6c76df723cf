/** A text, on one line or several. */
import type { ChangeEvent } from "react";
import { useForm } from "../formContext";
import { placeholderOf } from "../../lib/schema";
import { naming, type Props } from "./fieldProps";

export function TextField(props: Props<"text">) {
  const { field, value, change, readOnly } = props;
  const { target } = useForm();
  const shared = {
    ...naming(props),
    className: "field-input",
    value: typeof value === "string" ? value : "",
    placeholder: placeholderOf(field),
    spellCheck: field.lines > 1,
    readOnly,
    onBlur: target.settle,
    onChange: ({ target: { value: text } }: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      // An empty text is written only where leaving it out would mean another one.
      const leaves = text === "" && !field.initial && !props.label;
      change(leaves ? undefined : text, true);
    },
  };
  if (field.lines > 1) return <textarea {...shared} rows={Math.min(field.lines, 6)} />;
  return <input {...shared} type="text" autoComplete="off" />;
}
