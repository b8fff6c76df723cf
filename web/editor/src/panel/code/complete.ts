/** What can be written next: fields of values that are known, names in scope, functions. */
import type { Json } from "../../api/types";
import { isRecord } from "../../lib/schema";
import { oneLine } from "../../lib/words";
import type { Surroundings } from "../scope";
import type { ScriptFunction } from "./functions";

export interface Suggestion {
  label: string;
  kind: "field" | "name" | "node" | "function" | "keyword";
  /** On the same line, softly. */
  detail?: string;
  about?: string;
  insert?: string;
}

export interface Suggestions {
  /** From where on the text is replaced. */
  from: number;
  options: Suggestion[];
}

export interface Known {
  surroundings: Surroundings;
  functions: readonly ScriptFunction[];
}

const NAMES: Record<string, string> = {
  input: "what came in",
  nodes: "outputs of earlier nodes",
  item: "this round's item",
  index: "this round's number, from 0",
  run: "the run itself",
  vars: "the workflow's constants",
};
const KEYWORDS = "let const if else for in while loop switch return throw try catch fn true false".split(" ");
const STEP = String.raw`(?:\.[A-Za-z_]\w*|\["(?:[^"\\]|\\.)*"\]|\[-?\d+\])`;
const PATH = new RegExp(String.raw`([A-Za-z_]\w*)(${STEP}*)\.(\w*)$`);
const IN_NODES = /\bnodes\["([^"]*)$/;
const WORD = /[A-Za-z_]\w*$/;
const INSIDE_TEXT = /^(?:[^"]|"(?:[^"\\]|\\.)*")*"(?:[^"\\]|\\.)*$/;

/** `source` is the text up to the caret, from where the code or expression begins. */
export function suggest(source: string, known: Known): Suggestions | null {
  const line = source.slice(source.lastIndexOf("\n") + 1);
  const node = IN_NODES.exec(line);
  if (node) return { from: source.length - (node[1] ?? "").length, options: nodeIds(known) };
  if (INSIDE_TEXT.test(line) || /\/\/[^"]*$/.test(line)) return null;
  const path = PATH.exec(line);
  if (path) return afterPath(source, path, known);
  const word = WORD.exec(line);
  return { from: source.length - (word?.[0].length ?? 0), options: names(source, known) };
}

function nodeIds({ surroundings }: Known): Suggestion[] {
  return surroundings.before.map((id) => ({ label: id, kind: "node", insert: `${id}"].output` }));
}

function afterPath(source: string, path: RegExpExecArray, known: Known): Suggestions {
  const [, root = "", steps = "", typed = ""] = path;
  const from = source.length - typed.length;
  const value = follow(rootValue(root, source, known), stepsOf(steps));
  return { from, options: [...fields(value), ...methods(value, known)] };
}

function rootValue(root: string, source: string, known: Known, depth = 0): Json | undefined {
  const values = known.surroundings.scope?.values ?? {};
  if (Object.hasOwn(values, root)) return values[root];
  return depth < 4 ? localValue(root, source, known, depth) : undefined;
}

/** `let x = input.a` and `for x in input.list` tell what `x` is. */
function localValue(name: string, source: string, known: Known, depth: number): Json | undefined {
  const path = String.raw`([A-Za-z_]\w*)(${STEP}*)\s*[;{\n]`;
  const found = new RegExp(String.raw`\b(let|const|for)\s+${name}\s*(?:=|in)\s*${path}`).exec(source);
  if (!found) return undefined;
  const [, how, root = "", steps = ""] = found;
  const value = follow(rootValue(root, source, known, depth + 1), stepsOf(steps));
  return how === "for" ? (Array.isArray(value) ? value[0] : undefined) : value;
}

function stepsOf(text: string): (string | number)[] {
  return [...text.matchAll(new RegExp(STEP, "g"))].map(([step]) => {
    if (step.startsWith(".")) return step.slice(1);
    const inner = step.slice(1, -1);
    return inner.startsWith('"') ? (JSON.parse(inner) as string) : Number(inner);
  });
}

function follow(value: Json | undefined, steps: (string | number)[]): Json | undefined {
  let at = value;
  for (const step of steps) {
    if (Array.isArray(at) && typeof step === "number") at = at.at(step);
    else at = isRecord(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  }
  return at;
}

function fields(value: Json | undefined): Suggestion[] {
  if (!isRecord(value) || "$preview" in value) return [];
  return Object.entries(value).map(([name, inner]) => {
    const plain = /^[A-Za-z_]\w*$/.test(name);
    const field: Suggestion = { label: name, kind: "field", detail: `${typeOf(inner)} ${oneLine(inner, 40)}` };
    return plain ? field : { ...field, insert: `[${JSON.stringify(name)}]` };
  });
}

/** Rhai's own methods that are met most, by the kind of value; the service's functions come after them. */
const METHODS: Record<string, [string, string][]> = {
  list: [
    ["len()", "how many items"],
    ["map(|x| )", "each item as something else"],
    ["filter(|x| )", "the items for which it holds"],
    ["reduce(|sum, x| sum + x, 0)", "all items to one"],
    ["contains()", "whether an item is in it"],
  ],
  text: [
    ["len()", "how many characters"],
    ["to_upper()", "in capitals"],
    ["to_lower()", "in small letters"],
    ["split()", "its parts, as a list"],
    ["contains()", "whether a text is in it"],
    ["replace()", "with one text put for another, in place"],
  ],
  record: [
    ["keys()", "its names"],
    ["values()", "its values"],
    ["contains()", "whether it has a name"],
  ],
};

function methods(value: Json | undefined, { functions }: Known): Suggestion[] {
  const own = METHODS[typeOf(value)] ?? [];
  const takesValue = functions.filter(({ signature }) => !/^\w+\(\)/.test(signature));
  return [
    ...own.map(([label, about]): Suggestion => ({ label, about, kind: "function" })),
    ...takesValue.map(functionSuggestion),
  ];
}

const functionSuggestion = ({ name, signature, about, effect }: ScriptFunction): Suggestion => ({
  label: name,
  kind: "function",
  detail: signature.slice(name.length),
  about: effect ? `${about} Its answer is recorded.` : about,
  insert: `${name}(`,
});

function names(source: string, known: Known): Suggestion[] {
  const { inLoop, scope } = known.surroundings;
  const inScope = Object.entries(NAMES).filter(([name]) => inLoop || !["item", "index"].includes(name));
  const value = (name: string) => scope?.values[name];
  return [
    ...inScope.map(([name, about]): Suggestion => ({
      label: name,
      kind: "name",
      about,
      ...(name === "nodes" && { insert: 'nodes["' }),
      ...(value(name) !== undefined && { detail: oneLine(value(name), 40) }),
    })),
    ...locals(source).map((name): Suggestion => ({ label: name, kind: "name", detail: "here" })),
    ...known.functions.map(functionSuggestion),
    ...KEYWORDS.map((label): Suggestion => ({ label, kind: "keyword" })),
  ];
}

function locals(source: string): string[] {
  const found = source.matchAll(/\b(?:let|const|for|fn)\s+([A-Za-z_]\w*)/g);
  return [...new Set([...found].map(([, name]) => name ?? ""))];
}

/** A value's type in the words of the language. */
export function typeOf(value: Json | undefined): string {
  if (value === undefined) return "unknown";
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  switch (typeof value) {
    case "string":
      return "text";
    case "number":
      return Number.isInteger(value) ? "integer" : "number";
    case "boolean":
      return "true or false";
    default:
      return isRecord(value) && "$bytes" in value ? "bytes" : "record";
  }
}
