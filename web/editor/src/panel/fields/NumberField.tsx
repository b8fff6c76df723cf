/** A number. What cannot be read as one stays in view and is not written. */
import { parseNumber, placeholderOf, shortly } from "../../lib/schema";
import { useForm } from "../formContext";
import { naming, useDraft, type Props } from "./fieldProps";

export function NumberField(props: Props<"number">) {
  const { field, value, change, readOnly } = props;
  const { target } = useForm();
  const draft = useDraft(value, shortly, (text) => parseNumber(text, field.whole), change);
  const name = naming({ ...props, invalid: props.invalid || draft.problem !== null });
  const problemId = `${props.id}-unread`;
  return (
    <>
      <input
        {...name}
        {...(draft.problem && { "aria-describedby": [problemId, props.describedBy].filter(Boolean).join(" ") })}
        className="field-input field-number"
        type="text"
        inputMode={field.whole ? "numeric" : "decimal"}
        autoComplete="off"
        placeholder={placeholderOf(field)}
        value={draft.text}
        readOnly={readOnly}
        onChange={(event) => draft.type(event.target.value)}
        onBlur={() => {
          draft.settle();
          target.settle();
        }}
      />
      {draft.problem && (
        <p id={problemId} className="field-problem">
          {draft.problem}
        </p>
      )}
    </>
  );
}
