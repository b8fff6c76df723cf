/** A value as JSON. */
import { parseJson, placeholderOf, writeJson } from "../../lib/schema";
import { useForm } from "../formContext";
import { naming, useDraft, type ControlProps } from "./fieldProps";

export function JsonField(props: ControlProps) {
  const { field, value, change, readOnly } = props;
  const { target } = useForm();
  const draft = useDraft(value, writeJson, parseJson, change);
  const problemId = `${props.id}-unread`;
  return (
    <>
      <textarea
        {...naming({ ...props, invalid: props.invalid || draft.problem !== null })}
        {...(draft.problem && { "aria-describedby": [problemId, props.describedBy].filter(Boolean).join(" ") })}
        className="field-input field-code"
        rows={Math.min(Math.max(draft.text.split("\n").length, 2), 12)}
        spellCheck={false}
        autoComplete="off"
        placeholder={placeholderOf(field, writeJson)}
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
