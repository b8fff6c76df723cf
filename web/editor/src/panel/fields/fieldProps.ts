/** What every widget gets. */
import { useState } from "react";
import type { Json } from "../../api/types";
import type { Field, FieldOf, Parsed, Shape } from "../../lib/schema";

/** Writes the value; `typing` when it is one keystroke of several. Undefined removes it. */
export type Change = (value: Json | undefined, typing?: boolean) => void;

export interface ControlProps<F extends Field = Field> {
  field: F;
  value: Json | undefined;
  change: Change;
  /** JSON pointer of the value below `params`. */
  pointer: string;
  /** The element's own id, for its label. */
  id: string;
  /** Its name when there is no visible label. */
  label: string | undefined;
  describedBy: string | undefined;
  invalid: boolean;
  readOnly: boolean;
}

export type Props<K extends Shape["kind"]> = ControlProps<FieldOf<K>>;

/** The attributes by which an element says what it is for and whether it is wrong. */
export function naming({ id, label, describedBy, invalid, field }: ControlProps) {
  return {
    id,
    "aria-label": label,
    "aria-describedby": describedBy,
    "aria-invalid": invalid || undefined,
    "aria-required": field.required || undefined,
  };
}

interface Draft {
  text: string;
  problem: string | null;
  type(text: string): void;
  /** Shows the value as it is written, unless what was typed cannot be read. */
  settle(): void;
}

/**
 * Text that is being typed for a value of another kind. What cannot be read stays in view and is not written;
 * when the value changes under it, the value wins.
 */
export function useDraft(
  value: Json | undefined,
  write: (value: Json | undefined) => string,
  read: (text: string) => Parsed,
  change: Change,
): Draft {
  const [draft, setDraft] = useState<{ text: string; of: string; problem: string | null } | null>(null);
  const now = write(value);
  const held = draft !== null && draft.of === now ? draft : null;
  const type = (text: string) => {
    const parsed: Parsed | null = text.trim() === "" ? null : read(text);
    const problem = parsed?.problem ?? null;
    setDraft({ text, of: problem === null ? write(parsed?.value) : now, problem });
    if (problem === null) change(parsed?.value, true);
  };
  const settle = () => {
    if (held?.problem === null) setDraft(null);
  };
  return { text: held?.text ?? now, problem: held?.problem ?? null, type, settle };
}
