/** One value: its widget, the way in which it is entered, and what is wrong with it. */
import { Braces, Brackets, CircleSlash2, Hash, List, ToggleLeft, Type, type LucideIcon } from "lucide-react";
import { useState } from "react";
import type { Json, Problem } from "../../api/types";
import { hint, isExpression, type Field } from "../../lib/schema";
import { closeBraces } from "../code/braces";
import { onPath, type DropHandlers } from "../drop";
import { problemsAt, useForm } from "../formContext";
import { convert, MODE_WORDS, modeFor, modesOf, suits, type Mode } from "../mode";
import { About } from "./About";
import { AnyField } from "./AnyField";
import { Control } from "./Control";
import { ExpressionField } from "./ExpressionField";
import type { Change, ControlProps } from "./fieldProps";

export interface EntryProps {
  field: Field;
  value: Json | undefined;
  pointer: string;
  id: string;
  /** The name of an entry without a title of its own. */
  label?: string;
  change: Change;
  describedBy?: string;
}

export function Entry(props: EntryProps) {
  const ways = useWays(props);
  return (
    <div className="field-entry">
      <div className="field-line">
        <div className="field-control" {...ways.drop}>
          <Widget {...props} {...ways} />
        </div>
        <ModeSwitch {...props} {...ways} />
      </div>
      <Messages {...props} mode={ways.mode} />
    </div>
  );
}

interface Ways {
  mode: Mode;
  choose: (mode: Mode) => void;
  /** Where the caret goes in an expression that has just begun. */
  caret: number | null;
  change: Change;
  drop: DropHandlers;
}

/** The way chosen by the person holds as long as the value allows it. */
export function useWays({ field, value, change }: Pick<EntryProps, "field" | "value" | "change">): Ways {
  const { plain = false, readOnly } = useForm().target;
  const [held, hold] = useState<Mode>(() => modeFor(field, value, plain));
  const [caret, setCaret] = useState<number | null>(null);
  const mode = suits(held, field, value, plain) ? held : modeFor(field, value, plain);
  if (mode !== held) hold(mode);
  const choose = (next: Mode) => {
    const to = convert(field, value, next);
    hold(next);
    setCaret(next === "expression" ? caretIn(to) : null);
    if (to !== value) change(to);
  };
  const write: Change = (next, typing) => {
    const begins =
      !plain && mode !== "expression" && mode !== "json" && typing && typeof next === "string" && isExpression(next);
    if (!begins) return change(next, typing);
    const at = next.indexOf("{{") + 2;
    const closed = closeBraces(next, at);
    setCaret(closed.caret);
    change(closed.text, typing);
  };
  const put = (expression: string) => {
    hold("expression");
    change(expression);
  };
  // Texts and editors take it at the place where it is let go.
  const takesText = plain || mode === "expression" || mode === "text" || ["text", "code", "json"].includes(field.kind);
  return { mode, choose, caret, change: write, drop: takesText || readOnly ? {} : onPath(put) };
}

function caretIn(value: Json | undefined): number {
  if (typeof value !== "string") return 0;
  const close = value.lastIndexOf("}}");
  return close < 0 ? value.length : value.slice(0, close).trimEnd().length + 1;
}

/** Complaints of the service; before it has answered, what is plain from the schema. */
function useComplaints({ field, value, pointer }: Pick<EntryProps, "field" | "value" | "pointer">, mode: Mode) {
  const { problems } = useForm();
  const parts = mode === "value" && ["list", "group", "map"].includes(field.kind);
  const found = problemsAt(problems, pointer, !parts);
  // What is missing is not shouted at a person who has just begun: the service says it soon enough.
  const plain = value === undefined || mode === "expression" ? null : hint(field, value);
  return { found, plain: found.length === 0 ? plain : null };
}

const messagesId = (id: string) => `${id}-said`;

export function Widget({ field, value, pointer, id, label, describedBy, mode, caret, change }: EntryProps & Ways) {
  const { target } = useForm();
  const { found, plain } = useComplaints({ field, value, pointer }, mode);
  const wrong = found.some((problem) => problem.severity === "error") || plain !== null;
  const said = found.length > 0 || plain !== null ? messagesId(id) : undefined;
  const shared: ControlProps = {
    field,
    value,
    change,
    pointer,
    id,
    label,
    describedBy: [said, describedBy].filter(Boolean).join(" ") || undefined,
    invalid: wrong,
    readOnly: target.readOnly,
  };
  if (mode === "expression") return <ExpressionField {...shared} caret={caret} known={placed(found)} />;
  if (field.kind === "any") return <AnyField {...shared} mode={mode} />;
  if (mode === "json") return <Control {...shared} field={{ ...field, kind: "json" } as Field} />;
  return <Control {...shared} />;
}

const placed = (problems: readonly Problem[]) => problems.find((problem) => problem.place.line) ?? null;

export function Messages({ field, value, pointer, id, mode }: EntryProps & Pick<Ways, "mode">) {
  const { found, plain } = useComplaints({ field, value, pointer }, mode);
  if (found.length === 0 && plain === null) return null;
  return (
    <div id={messagesId(id)}>
      {plain && <p className="field-problem">{plain}</p>}
      {found.map((problem, at) => (
        <p key={at} className="field-problem" data-severity={problem.severity}>
          <About text={problem.message} />
          {problem.hint && problem.hint !== field.about && (
            <span className="field-hint">
              {" "}
              <About text={problem.hint} />
            </span>
          )}
        </p>
      ))}
    </div>
  );
}

const MODE_ICONS: Record<Mode, LucideIcon> = {
  value: List,
  text: Type,
  number: Hash,
  boolean: ToggleLeft,
  nothing: CircleSlash2,
  json: Brackets,
  expression: Braces,
};

export function ModeSwitch({ field, label, mode, choose }: EntryProps & Ways) {
  const { target } = useForm();
  const modes = modesOf(field, target.plain);
  if (modes.length === 1 || target.readOnly) return null;
  const name = label ?? field.title;
  const [first, second] = modes;
  if (modes.length === 2 && first && second) {
    const on = mode === second;
    const Icon = MODE_ICONS[second];
    const word = second === "json" ? "as JSON" : "as an expression";
    return (
      <button
        type="button"
        className="field-tool field-mode"
        aria-pressed={on}
        aria-label={`${name} ${word}`}
        title={on ? "Enter a value instead" : `Enter it ${word} instead`}
        onClick={() => choose(on ? first : second)}
      >
        <Icon size={13} aria-hidden />
      </button>
    );
  }
  const menu = (
    <select
      className="field-kind"
      aria-label={`${name} is given as`}
      title={MODE_WORDS[mode]}
      value={mode}
      onChange={(event) => choose(event.target.value as Mode)}
    >
      {modes.map((one) => (
        <option key={one} value={one}>
          {MODE_WORDS[one]}
        </option>
      ))}
    </select>
  );
  if (!label) return menu;
  const Icon = MODE_ICONS[mode];
  return (
    <span className="field-tool field-kind-small" data-mode={mode}>
      <Icon size={13} aria-hidden />
      {menu}
    </span>
  );
}
