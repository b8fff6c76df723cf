/** A record with free names. */
import { Plus, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Json } from "../../api/types";
import { blank, isRecord } from "../../lib/schema";
import { below, useForm } from "../formContext";
import type { Props } from "./fieldProps";
import { Entry } from "./Entry";
import { Tool } from "./ListField";

type Entries = [string, Json][];

export function MapField({ field, value, change, pointer, id, readOnly }: Props<"map">) {
  const entries: Entries = isRecord(value) ? Object.entries(value) : [];
  const [added, setAdded] = useState<string | null>(null);
  const write = (next: Entries, typing?: boolean) =>
    change(next.length > 0 ? Object.fromEntries(next) : undefined, typing);
  const add = () => {
    const name = freeName(entries);
    setAdded(name);
    write([...entries, [name, blank(field.value)]]);
  };
  return (
    <div className="field-nest">
      {entries.map(([name, inner], at) => (
        // Keyed by place: a row stays the same row while its name is changed.
        <div key={at} className="field-pair">
          <NameInput
            name={name}
            taken={entries.map(([other]) => other)}
            label={`${field.title}, name ${at + 1}`}
            fresh={name === added}
            readOnly={readOnly}
            rename={(to) => write(entries.with(at, [to, inner]))}
          />
          <Entry
            key={name}
            field={field.value}
            value={inner}
            pointer={below(pointer, name)}
            id={`${id}-${at}`}
            label={`${field.title}, ${name}`}
            change={(next, typing) => write(entries.with(at, [name, next ?? ""]), typing)}
          />
          {!readOnly && (
            <Tool name={`Remove ${name}`} act={() => write(entries.toSpliced(at, 1))}>
              <X size={13} aria-hidden />
            </Tool>
          )}
        </div>
      ))}
      {!readOnly && (
        <button type="button" className="field-add" onClick={add}>
          <Plus size={14} aria-hidden /> Add to {field.title.toLowerCase()}
        </button>
      )}
    </div>
  );
}

function freeName(entries: Entries): string {
  const taken = new Set(entries.map(([name]) => name));
  let n = 1;
  while (taken.has(`field${n}`)) n++;
  return `field${n}`;
}

interface NameInputProps {
  name: string;
  taken: string[];
  label: string;
  /** Just added: to be named now. */
  fresh: boolean;
  readOnly: boolean;
  rename: (to: string) => void;
}

/** The name is written when it is complete: half a name might be another one's. */
function NameInput({ name, taken, label, fresh, readOnly, rename }: NameInputProps) {
  const { target } = useForm();
  const [draft, setDraft] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (fresh) input.current?.select();
  }, [fresh]);
  const text = draft ?? name;
  const clash = text !== name && (text === "" || taken.includes(text));
  const commit = () => {
    if (!clash && text !== name) rename(text);
    setDraft(null);
    target.settle();
  };
  return (
    <input
      ref={input}
      className="field-input field-name"
      aria-label={label}
      aria-invalid={clash || undefined}
      title={clash ? (text === "" ? "a name is needed" : `there is a ${text} already`) : undefined}
      value={text}
      readOnly={readOnly}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => setDraft(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter") commit();
        if (event.key === "Escape") setDraft(null);
      }}
    />
  );
}
