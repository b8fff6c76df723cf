/** A field with its title, what it means, and a way back to its default. */
import { RotateCcw } from "lucide-react";
import { Avatars } from "../../collab/Avatars";
import { shortly } from "../../lib/schema";
import { isMany } from "./Control";
import { Messages, ModeSwitch, useWays, Widget, type EntryProps } from "./Entry";
import { Tool } from "./ListField";
import { useForm } from "../formContext";
import { About } from "./About";

export function FieldRow(props: EntryProps) {
  const { field, id } = props;
  const ways = useWays(props);
  const aboutId = field.about ? `${id}-about` : undefined;
  const many = ways.mode === "value" && isMany(field.kind);
  const body = (
    <>
      <Head {...props} {...ways} many={many} />
      <Widget {...props} {...ways} {...(aboutId && { describedBy: aboutId })} />
      <Messages {...props} mode={ways.mode} />
      {field.about && (
        <p id={aboutId} className="field-about">
          <About text={field.about} />
        </p>
      )}
    </>
  );
  const kind = ways.mode === "value" || ways.mode === "boolean" ? field.kind : ways.mode;
  const shared = { className: "field-row", "data-pointer": props.pointer, "data-kind": kind, ...ways.drop };
  if (!many) return <div {...shared}>{body}</div>;
  return (
    <div {...shared} role="group" aria-labelledby={`${id}-title`} aria-describedby={aboutId}>
      {body}
    </div>
  );
}

type HeadProps = EntryProps & ReturnType<typeof useWays> & { many: boolean };

function Head({ many, ...props }: HeadProps) {
  const { field, value, id, change } = props;
  const { target } = useForm();
  const written = value !== undefined && !field.required && !target.readOnly;
  const back = field.initial === undefined ? "Leave out" : `Back to ${shortly(field.initial) || "the default"}`;
  const title = (
    <>
      {field.title}
      {field.required && (
        <span className="field-needed" title="needed">
          <span aria-hidden>*</span>
        </span>
      )}
    </>
  );
  return (
    <div className="field-head">
      {many ? (
        <span id={`${id}-title`} className="field-title">
          {title}
        </span>
      ) : (
        <label id={`${id}-title`} htmlFor={id} className="field-title">
          {title}
        </label>
      )}
      <Avatars
        of={({ place }) => place.node === target.key && place.field === props.pointer}
        what={`is in ${field.title}`}
      />
      <span className="field-tools">
        {written && (
          <Tool className="field-reset" name={`${field.title}: ${back.toLowerCase()}`} act={() => change(undefined)}>
            <RotateCcw size={12} aria-hidden />
          </Tool>
        )}
        <ModeSwitch {...props} />
      </span>
    </div>
  );
}
