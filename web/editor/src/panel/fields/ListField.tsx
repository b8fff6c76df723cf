/** A list, item by item. */
import type { ReactNode } from "react";
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import type { Json } from "../../api/types";
import { blank } from "../../lib/schema";
import { joined } from "../../lib/words";
import { below } from "../formContext";
import type { Props } from "./fieldProps";
import { Entry, Messages, ModeSwitch, useWays, Widget, type EntryProps } from "./Entry";

export function ListField({ field, value, change, pointer, id, readOnly }: Props<"list">) {
  const items = Array.isArray(value) ? value : [];
  const put = (at: number, item: Json | undefined, typing?: boolean) =>
    change(
      items.map((old, index) => (index === at ? (item ?? null) : old)),
      typing,
    );
  return (
    <div className="field-nest">
      {items.map((item, at) => (
        <Item
          key={at}
          field={field.item}
          value={item}
          pointer={below(pointer, at)}
          id={`${id}-${at}`}
          label={`${field.title}, item ${at + 1}`}
          change={(next, typing) => put(at, next, typing)}
          number={at + 1}
          tools={!readOnly && <ItemButtons at={at} items={items} change={change} title={field.title} />}
        />
      ))}
      {!readOnly && (
        <button type="button" className="field-add" onClick={() => change([...items, blank(field.item)])}>
          <Plus size={14} aria-hidden /> Add to {field.title.toLowerCase()}
        </button>
      )}
    </div>
  );
}

type ItemProps = EntryProps & { number: number; tools: ReactNode };

/** A record stands as a card of its own; anything else is one line. */
function Item({ number, tools, ...entry }: ItemProps) {
  const ways = useWays(entry);
  if (entry.field.kind !== "group" || ways.mode !== "value") {
    return (
      <div className="field-item">
        <Entry {...entry} />
        {tools}
      </div>
    );
  }
  return (
    <div className="field-card" role="group" aria-label={entry.label}>
      <div className="field-card-head">
        <span>{number}</span>
        <ModeSwitch {...entry} {...ways} />
        {tools}
      </div>
      <Widget {...entry} {...ways} />
      <Messages {...entry} mode={ways.mode} />
    </div>
  );
}

interface ItemButtonsProps {
  at: number;
  items: Json[];
  title: string;
  change: (items: Json[] | undefined) => void;
}

function ItemButtons({ at, items, title, change }: ItemButtonsProps) {
  const without = items.filter((_, index) => index !== at);
  const moved = (to: number) => without.toSpliced(to, 0, items[at] as Json);
  return (
    <span className="field-tools">
      {items.length > 1 && (
        <>
          <Tool name={`Move ${title} ${at + 1} up`} off={at === 0} act={() => change(moved(at - 1))}>
            <ArrowUp size={13} aria-hidden />
          </Tool>
          <Tool name={`Move ${title} ${at + 1} down`} off={at === items.length - 1} act={() => change(moved(at + 1))}>
            <ArrowDown size={13} aria-hidden />
          </Tool>
        </>
      )}
      <Tool name={`Remove ${title} ${at + 1}`} act={() => change(without.length > 0 ? without : undefined)}>
        <X size={13} aria-hidden />
      </Tool>
    </span>
  );
}

interface ToolProps {
  name: string;
  className?: string;
  off?: boolean;
  act: () => void;
  children: ReactNode;
}

/** A small button with a picture only. */
export function Tool({ name, className, off = false, act, children }: ToolProps) {
  return (
    <button
      type="button"
      className={joined("field-tool", className)}
      aria-label={name}
      title={name}
      disabled={off}
      onClick={act}
    >
      {children}
    </button>
  );
}
