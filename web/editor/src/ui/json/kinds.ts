/** What a value is, in the words of the engine, and how it is written on one line. */
import type { Json, Preview } from "../../api/types";
import { numberText } from "../../lib/exact";

export type Kind = "null" | "bool" | "int" | "float" | "text" | "bytes" | "list" | "record";

export const isPreview = (value: Json | undefined): value is Json & Preview => hasOnly(value, "$preview");
export const isBytes = (value: Json | undefined): value is { $bytes: string } =>
  hasOnly(value, "$bytes") && typeof (value as { $bytes: Json }).$bytes === "string";

function hasOnly(value: Json | undefined, key: string): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    key in value &&
    Object.keys(value).length === 1
  );
}

/** `number` is how a number was written, where that says more: `8.0` is a float. */
export function kindOf(value: Json, number?: string): Kind {
  if (isPreview(value)) return KINDS[(value as Preview).$preview.type] ?? "text";
  if (isBytes(value)) return "bytes";
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      return Number.isInteger(value) && !/[.eE]/.test(number ?? "") ? "int" : "float";
    case "string":
      return "text";
    default:
      return "record";
  }
}

const KINDS: Record<string, Kind> = {
  null: "null",
  bool: "bool",
  int: "int",
  integer: "int",
  float: "float",
  number: "float",
  text: "text",
  string: "text",
  bytes: "bytes",
  list: "list",
  array: "list",
  record: "record",
  object: "record",
};

export const isContainer = (kind: Kind) => kind === "list" || kind === "record";

/** Items of a list, fields of a record, characters of a text, bytes of bytes. */
export function countOf(value: Json): number {
  if (isPreview(value)) return (value as Preview).$preview.count;
  if (isBytes(value)) return byteCount(value.$bytes);
  if (Array.isArray(value) || typeof value === "string") return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}

const byteCount = (base64: string) => Math.floor((base64.replace(/=+$/, "").length * 3) / 4);

/** `840 B`, `12.4 KB`, `3.1 MB`. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const unit = count < 1e6 ? 1e3 : count < 1e9 ? 1e6 : 1e9;
  const name = count < 1e6 ? "KB" : count < 1e9 ? "MB" : "GB";
  return `${(count / unit).toFixed(count / unit < 10 ? 1 : 0)} ${name}`;
}

/** How many characters of a text are shown in its row. */
export const TEXT_MAX = 160;

/** A leaf as it is written in its row. */
export function written(value: Json): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return JSON.stringify(value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}…` : value);
}

/** What is in a closed list or record, shortly. */
export function glance(value: Json): string {
  if (isPreview(value)) return (value as Preview).$preview.text.slice(0, 80);
  if (Array.isArray(value))
    return value.length === 0
      ? "[]"
      : `[${value
          .slice(0, 4)
          .map((item, at) => numberText(value, at) ?? word(item))
          .join(", ")}${value.length > 4 ? ", …" : ""}]`;
  const names = Object.keys(value as object);
  return names.length === 0 ? "{}" : `{${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}}`;
}

function word(value: Json): string {
  const kind = kindOf(value);
  if (kind === "list") return "[…]";
  if (kind === "record") return "{…}";
  if (kind === "bytes") return "bytes";
  const text = written(value);
  return text.length > 18 ? `${text.slice(0, 17)}…` : text;
}
