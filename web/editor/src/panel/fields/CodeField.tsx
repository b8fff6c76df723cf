/** A script, in the text that others may be writing in too. */
import { useMemo } from "react";
import { useForm } from "../formContext";
import { CodeEditor } from "../code/lazy";
import { naming, type Props } from "./fieldProps";

export function CodeField(props: Props<"code">) {
  const { field, pointer, readOnly, value } = props;
  const { target, surroundings } = useForm();
  const name = pointer.slice(1);
  const absent = value === undefined;
  // Asked again when the parameter comes or goes: the text is another one then.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const text = useMemo(() => (readOnly ? null : target.text(name)), [target, name, readOnly, absent]);
  return (
    <CodeEditor
      {...naming(props)}
      title={field.title}
      text={text}
      value={typeof value === "string" ? value : ""}
      lines={field.lines}
      surroundings={surroundings}
      target={target}
    />
  );
}
