/** A JSON Schema as the fields of a form. Pure; what a value may be is decided by the service's `check`, not here. */
import type { Json, JsonSchema } from "../api/types";
import { readJson, writeJson as write } from "./exact";

interface Common {
  name: string;
  title: string;
  about: string;
  required: boolean;
  /** What holds while nothing is written. */
  initial: Json | undefined;
  examples: Json[];
  /** What holds when nothing is written and there is no default. */
  unset: string;
}

/** How one value is entered. */
export type Shape =
  | { kind: "text"; lines: number; minLength?: number | undefined; maxLength?: number | undefined }
  | { kind: "code"; lines: number }
  | { kind: "number"; whole: boolean; minimum?: number | undefined; maximum?: number | undefined }
  | { kind: "boolean" }
  | { kind: "choice"; choices: Json[] }
  | { kind: "list"; item: Field }
  | { kind: "group"; fields: Field[] }
  | { kind: "map"; value: Field }
  | { kind: "variant"; variants: Field[] }
  | { kind: "json" }
  | { kind: "any" };

export type Field = Common & Shape;
export type FieldOf<K extends Shape["kind"]> = Extract<Field, { kind: K }>;

export interface Hints {
  /** Parameters that hold code. */
  code?: readonly string[];
  /** Parameters that are read as they stand, and not entered part by part. */
  lazy?: readonly string[];
}

/** The fields of a record's schema, in the order that its author gave; then what is needed, then the others. */
export function fieldsOf(schema: JsonSchema, hints: Hints = {}): Field[] {
  const properties = schema.properties ?? {};
  return orderedNames(schema).flatMap((name) => {
    const property = properties[name];
    return property ? [fieldOf(name, property, schema.required?.includes(name) ?? false, hints)] : [];
  });
}

function orderedNames(schema: JsonSchema): string[] {
  const all = Object.keys(schema.properties ?? {});
  const first = (schema["x-order"] ?? []).filter((name) => all.includes(name));
  // Without an order of the author's, what is needed comes first.
  const needed = (schema.required ?? []).filter((name) => all.includes(name));
  return [...new Set([...first, ...needed, ...all])];
}

export function fieldOf(name: string, schema: JsonSchema, required = false, hints: Hints = {}): Field {
  return {
    name,
    title: schema.title ?? asTitle(name),
    about: schema.description ?? "",
    required,
    initial: schema.default,
    examples: schema.examples ?? [],
    unset: typeof schema["x-unset"] === "string" ? schema["x-unset"] : "",
    ...shapeOf(name, schema, hints),
  };
}

/** `maxRetries` as people read it: `Max retries`. */
export function asTitle(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/[_-]+/g, " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function shapeOf(name: string, schema: JsonSchema, hints: Hints): Shape {
  if (hints.code?.includes(name)) return { kind: "code", lines: linesOf(schema) };
  if (schema.enum) return { kind: "choice", choices: schema.enum };
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants) return variantShape(variants);
  switch (soleType(schema)) {
    case "string":
      return { kind: "text", lines: linesOf(schema), minLength: schema.minLength, maxLength: schema.maxLength };
    case "integer":
      return { kind: "number", whole: true, minimum: schema.minimum, maximum: schema.maximum };
    case "number":
      return { kind: "number", whole: false, minimum: schema.minimum, maximum: schema.maximum };
    case "boolean":
      return { kind: "boolean" };
    case "array":
      return { kind: "list", item: fieldOf("item", schema.items ?? {}, true) };
    case "object":
      return objectShape(name, schema, hints);
    default:
      return { kind: "any" };
  }
}

const linesOf = (schema: JsonSchema) => (typeof schema["x-lines"] === "number" ? schema["x-lines"] : 1);

function soleType(schema: JsonSchema): string | undefined {
  if (typeof schema.type === "string") return schema.type;
  const others = schema.type?.filter((type) => type !== "null") ?? [];
  return others.length === 1 ? others[0] : undefined;
}

/** Alternatives that are all constants are one choice; others are forms to choose between. */
function variantShape(variants: JsonSchema[]): Shape {
  if (variants.every((variant) => variant.const !== undefined)) {
    return { kind: "choice", choices: variants.map((variant) => variant.const as Json) };
  }
  return { kind: "variant", variants: variants.map((variant, at) => fieldOf(`option ${at + 1}`, variant, true)) };
}

function objectShape(name: string, schema: JsonSchema, hints: Hints): Shape {
  if (hints.lazy?.includes(name)) return { kind: "json" };
  if (schema.properties) return { kind: "group", fields: fieldsOf(schema) };
  const rest = schema.additionalProperties;
  if (rest === false) return { kind: "json" };
  return { kind: "map", value: fieldOf("value", typeof rest === "object" ? rest : {}, true) };
}

/** A value to begin with, when a list grows or a variant is chosen. */
export function blank(field: Field): Json {
  if (field.initial !== undefined) return field.initial;
  switch (field.kind) {
    case "number":
      return field.minimum !== undefined && field.minimum > 0 ? field.minimum : 0;
    case "boolean":
      return false;
    case "choice":
      return field.choices[0] ?? null;
    case "list":
      return [];
    case "group":
      return Object.fromEntries(
        field.fields.filter((inner) => inner.required).map((inner) => [inner.name, blank(inner)]),
      );
    case "map":
    case "json":
      return {};
    case "variant":
      return field.variants[0] ? blank(field.variants[0]) : null;
    case "text":
    case "code":
    case "any":
      return "";
  }
}

/** Whether a value can be shown by this field's own widget. */
export function fits(field: Field, value: Json): boolean {
  switch (field.kind) {
    case "text":
    case "code":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return field.choices.some((choice) => choice === value);
    case "list":
      return Array.isArray(value);
    case "group":
      return isRecord(value) && Object.keys(value).every((name) => field.fields.some((inner) => inner.name === name));
    case "map":
      return isRecord(value);
    case "variant":
      return field.variants.some((variant) => fits(variant, value));
    case "json":
    case "any":
      return true;
  }
}

export function isRecord(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is plainly wrong with a value, said before the service has answered; null when nothing is. */
export function hint(field: Field, value: Json | undefined): string | null {
  if (value === undefined) return field.required && field.initial === undefined ? "needed" : null;
  if (isExpression(value)) return null;
  if (field.kind === "number" && typeof value === "number") return numberHint(field, value);
  if (field.kind === "text" && typeof value === "string") return textHint(field, value);
  return fits(field, value) ? null : `not ${KIND_WORDS[field.kind]}`;
}

const KIND_WORDS: Record<Shape["kind"], string> = {
  text: "a text",
  code: "a script",
  number: "a number",
  boolean: "true or false",
  choice: "one of the choices",
  list: "a list",
  group: "a record of these fields",
  map: "a record",
  variant: "any of the forms",
  json: "JSON",
  any: "a value",
};

function numberHint(field: FieldOf<"number">, value: number): string | null {
  if (field.whole && !Number.isInteger(value)) return "a whole number";
  if (field.minimum !== undefined && value < field.minimum) return `at least ${field.minimum}`;
  if (field.maximum !== undefined && value > field.maximum) return `at most ${field.maximum}`;
  return null;
}

function textHint(field: FieldOf<"text">, value: string): string | null {
  const length = [...value].length;
  if (length === 0 && (field.minLength ?? 0) > 0) return "needed";
  if (length < (field.minLength ?? 0)) return `at least ${field.minLength} characters`;
  if (field.maxLength !== undefined && length > field.maxLength) return `at most ${field.maxLength} characters`;
  return null;
}

/** Whether a value is a text with `{{ expressions }}` in it. */
export const isExpression = (value: Json | undefined): boolean => typeof value === "string" && value.includes("{{");

/** What stands between `{{` and `}}` when the text is one whole expression, else null. */
export function wholeExpression(text: string): string | null {
  const inner = /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(text)?.[1];
  return inner === undefined || inner.includes("{{") || inner.includes("}}") ? null : inner.trim();
}

/** The expression that gives this value. */
export function asExpression(value: Json | undefined): string {
  if (typeof value === "string" && isExpression(value)) return value;
  return value === undefined || value === "" ? "{{  }}" : `{{ ${asRhai(value)} }}`;
}

/** A value as Rhai writes it. */
export function asRhai(value: Json): string {
  if (value === null) return "()";
  if (Array.isArray(value)) return `[${value.map(asRhai).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, inner]) => `${rhaiName(name)}: ${asRhai(inner)}`);
  return fields.length === 0 ? "#{}" : `#{ ${fields.join(", ")} }`;
}

const rhaiName = (name: string) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));

export type Parsed = { value: Json; problem?: never } | { problem: string; value?: never };

/** Reads what a person typed as a number. */
export function parseNumber(text: string, whole: boolean): Parsed {
  const trimmed = text.trim();
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(trimmed)) return { problem: "not a number" };
  const value = Number(trimmed);
  if (!Number.isFinite(value)) return { problem: "too large" };
  if (whole && !Number.isInteger(value)) return { problem: "a whole number" };
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return { problem: "too large to be kept exactly: write it as an expression" };
  }
  return { value };
}

/** Reads JSON; the complaint names line and column where the browser tells them. */
export function parseJson(text: string): Parsed {
  try {
    // First plainly, so that a complaint counts places in the very text.
    JSON.parse(text);
    return { value: readJson(text) };
  } catch (error) {
    return { problem: jsonComplaint(text, error instanceof Error ? error.message : String(error)) };
  }
}

function jsonComplaint(text: string, message: string): string {
  const said = message.replace(/ in JSON at position .*$/, "").replace(/, ".*" is not valid JSON$/s, "");
  const at = /position (\d+)/.exec(message)?.[1];
  if (at === undefined) return said;
  const before = text.slice(0, Number(at)).split("\n");
  return `${said} (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

export const writeJson = (value: Json | undefined) => (value === undefined ? "" : write(value, 2));

/** A choice or an example on one line. */
export function shortly(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What an empty field shows: the value that holds without one, else an example, which says that it is none. */
export function placeholderOf({ initial, examples, unset }: Field, write: (value: Json) => string = shortly): string {
  if (initial !== undefined && initial !== "") return write(initial);
  const [example] = examples;
  return example === undefined || example === "" ? (unset ?? "") : `e.g. ${write(example)}`;
}

/** A record with one field changed, in its place; undefined removes it. */
export function oneValue(
  record: { [key: string]: Json },
  name: string,
  value: Json | undefined,
): { [key: string]: Json } {
  if (value !== undefined) return { ...record, [name]: value };
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== name));
}
