/** A record with known fields. */
import type { Json } from "../../api/types";
import { isRecord, oneValue } from "../../lib/schema";
import { below } from "../formContext";
import type { Change, Props } from "./fieldProps";
import { FieldRow } from "./FieldRow";

export function GroupField({ field, value, change, pointer, id }: Props<"group">) {
  const record = isRecord(value) ? value : {};
  return (
    <div className="field-nest">
      {field.fields.map((inner) => (
        <FieldRow
          key={inner.name}
          field={inner}
          value={record[inner.name]}
          pointer={below(pointer, inner.name)}
          id={`${id}-${inner.name}`}
          change={putInto(record, inner.name, change)}
        />
      ))}
    </div>
  );
}

const putInto =
  (record: { [key: string]: Json }, name: string, change: Change): Change =>
  (next, typing) =>
    change(oneValue(record, name, next), typing);
