/** The widget for a field's kind. */
import type { FieldOf, Shape } from "../../lib/schema";
import { BooleanField } from "./BooleanField";
import { ChoiceField } from "./ChoiceField";
import { CodeField } from "./CodeField";
import type { ControlProps, Props } from "./fieldProps";
import { GroupField } from "./GroupField";
import { JsonField } from "./JsonField";
import { ListField } from "./ListField";
import { MapField } from "./MapField";
import { NumberField } from "./NumberField";
import { TextField } from "./TextField";
import { VariantField } from "./VariantField";

export function Control({ field, ...rest }: ControlProps) {
  switch (field.kind) {
    case "text":
      return <TextField {...rest} field={field} />;
    case "code":
      return <CodeField {...rest} field={field} />;
    case "number":
      return <NumberField {...rest} field={field} />;
    case "boolean":
      return <BooleanField {...rest} field={field} />;
    case "choice":
      return <ChoiceField {...rest} field={field} />;
    case "list":
      return <ListField {...rest} field={field} />;
    case "group":
      return <GroupField {...rest} field={field} />;
    case "map":
      return <MapField {...rest} field={field} />;
    case "variant":
      return <VariantField {...rest} field={field} />;
    case "json":
    case "any":
      return <JsonField {...rest} field={field} />;
  }
}

/** Kinds that are many inputs under one title, so the title is a legend and not a label. */
export const isMany = (kind: Shape["kind"]) => kind === "list" || kind === "group" || kind === "map";

/** A field of another kind, for a value that may be of any. */
export const plainField = <K extends "text" | "number" | "boolean">(
  props: ControlProps,
  shape: Extract<Shape, { kind: K }>,
): Props<K> => {
  const { name, title, about, required, initial, examples, unset } = props.field;
  return {
    ...props,
    field: { name, title, about, required, initial, examples, unset, ...shape } as unknown as FieldOf<K>,
  };
};
