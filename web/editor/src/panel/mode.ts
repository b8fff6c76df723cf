/** In which way a value is entered: by the widget of its kind, as an expression, as JSON, or as one of the plain kinds. */
import type { Json } from "../api/types";
import {
  asExpression,
  blank,
  fits,
  isExpression,
  parseJson,
  parseNumber,
  wholeExpression,
  type Field,
} from "../lib/schema";

export type Mode = "value" | "text" | "number" | "boolean" | "nothing" | "json" | "expression";

export const MODE_WORDS: Record<Mode, string> = {
  value: "Form",
  text: "Text",
  number: "Number",
  boolean: "True or false",
  nothing: "Null",
  json: "JSON",
  expression: "Expression",
};

/** `plain`: where no expressions are. */
export function modesOf(field: Field, plain = false): Mode[] {
  const modes = allModes(field);
  return plain ? modes.filter((mode) => mode !== "expression") : modes;
}

function allModes(field: Field): Mode[] {
  switch (field.kind) {
    case "any":
      return ["text", "number", "boolean", "json", "nothing", "expression"];
    case "list":
    case "group":
    case "map":
    case "variant":
      return ["value", "json", "expression"];
    case "code":
    case "json":
      return ["value"];
    default:
      return ["value", "expression"];
  }
}

/** The way that suits a value; for one that is not there, the way that it is most often given. */
export function modeFor(field: Field, value: Json | undefined, plain = false): Mode {
  const modes = modesOf(field, plain);
  if (modes.length === 1) return "value";
  if (value === undefined) return plain ? (field.kind === "any" ? "text" : "value") : mostOften(field);
  if (isExpression(value) && !plain) return "expression";
  if (field.kind === "any") return modeOfPlain(value);
  return fits(field, value) || !modes.includes("json") ? "value" : "json";
}

function mostOften(field: Field): Mode {
  // A condition that is always true is no condition.
  const condition = field.kind === "boolean" && field.required && field.initial === undefined;
  const [example] = field.examples;
  const byExample = typeof example === "string" && wholeExpression(example) !== null;
  if (condition || byExample) return "expression";
  return field.kind === "any" ? "text" : "value";
}

function modeOfPlain(value: Json): Mode {
  if (value === null) return "nothing";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "boolean" : "json";
}

/** Whether a value can be shown in this way, so that a person's choice of the way holds. */
export function suits(mode: Mode, field: Field, value: Json | undefined, plain = false): boolean {
  const modes = modesOf(field, plain);
  if (!modes.includes(mode)) return false;
  if (value === undefined || mode === "json") return true;
  if (mode === "expression") return typeof value === "string";
  if (isExpression(value) && !plain) return modes.length === 1;
  return field.kind === "any" ? mode === modeOfPlain(value) : modeFor(field, value, plain) === mode;
}

/** The value when a person chooses another way; undefined when nothing of it can stay. */
export function convert(field: Field, value: Json | undefined, to: Mode): Json | undefined {
  if (to === "expression") return toExpression(field, value);
  const plain = plainOf(value);
  switch (to) {
    case "text":
      return plain === undefined || plain === null ? "" : typeof plain === "string" ? plain : JSON.stringify(plain);
    case "number":
      return toNumber(plain);
    case "boolean":
      return typeof plain === "boolean" ? plain : plain === "true";
    case "nothing":
      return null;
    case "json":
      return plain ?? blank(field);
    case "value":
      return plain !== undefined && fits(field, plain) ? plain : undefined;
  }
}

function toExpression(field: Field, value: Json | undefined): Json | undefined {
  const textual = field.kind === "text" || field.kind === "any";
  if (textual && (value === undefined || typeof value === "string")) return value;
  return asExpression(value ?? field.initial);
}

/** The literal that an expression is, or the value itself. */
function plainOf(value: Json | undefined): Json | undefined {
  if (typeof value !== "string" || !isExpression(value)) return value;
  const inner = wholeExpression(value);
  if (inner === null) return undefined;
  return inner === "()" ? null : parseJson(inner).value;
}

function toNumber(plain: Json | undefined): number {
  if (typeof plain === "number") return plain;
  return typeof plain === "string" ? Number(parseNumber(plain, false).value ?? 0) : 0;
}
