/** Rhai as CodeMirror reads it: enough to colour it and to know where a text or comment ends. */
import { StreamLanguage, type StreamParser, type StringStream } from "@codemirror/language";

const KEYWORDS = new Set(
  (
    "as break catch const continue do else export fn for if import in is let loop private return switch this throw try " +
    "until while"
  ).split(" "),
);
const ATOMS = new Set(["true", "false"]);
/** What FlowForge puts in scope. */
const SCOPE_NAMES = ["input", "nodes", "item", "index", "run", "vars"] as const;
const SCOPE = new Set<string>(SCOPE_NAMES);

export interface RhaiState {
  /** Nesting of block comments around this place. */
  comments: number;
  /** Open texts in backticks, each with the braces that are open in its interpolation; -1 in the text itself. */
  ticks: number[];
  /** Open braces outside of those. */
  braces: number;
  afterDot: boolean;
}

export const rhaiStart = (): RhaiState => ({ comments: 0, ticks: [], braces: 0, afterDot: false });

export const rhaiCopy = (state: RhaiState): RhaiState => ({ ...state, ticks: [...state.ticks] });

export function rhaiToken(stream: StringStream, state: RhaiState): string | null {
  if (state.comments > 0) return comment(stream, state);
  if (state.ticks.at(-1) === -1) return tick(stream, state);
  if (stream.eatSpace()) return null;
  if (stream.match("//")) {
    stream.skipToEnd();
    return "comment";
  }
  if (stream.match("/*")) {
    state.comments = 1;
    return comment(stream, state);
  }
  const afterDot = state.afterDot;
  state.afterDot = false;
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^'\\]|\\.)*'?/)) return "string";
  if (stream.match(/^(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)/)) {
    return "number";
  }
  if (stream.match(/^[A-Za-z_]\w*/)) return word(stream, afterDot);
  return symbol(stream, state);
}

function word(stream: StringStream, afterDot: boolean): string {
  const text = stream.current();
  const called = stream.match(/^\s*\(/, false);
  if (afterDot) return called ? "variableName.function" : "propertyName";
  if (KEYWORDS.has(text)) return "keyword";
  if (ATOMS.has(text)) return "atom";
  if (called) return "variableName.function";
  if (stream.match(/^\s*:(?!:)/, false)) return "propertyName";
  return SCOPE.has(text) ? "variableName.special" : "variableName";
}

function symbol(stream: StringStream, state: RhaiState): string {
  const char = stream.next();
  if (char === "`") {
    state.ticks.push(-1);
    return "string";
  }
  if (char === "{" || (char === "#" && stream.eat("{"))) return brace(state, 1);
  if (char === "}") return brace(state, -1);
  if (char === ".") state.afterDot = stream.peek() !== ".";
  return "([])".includes(char ?? "") ? "bracket" : "operator";
}

/** A closing brace may end an interpolation; then the text around it goes on. */
function brace(state: RhaiState, step: 1 | -1): string {
  const last = state.ticks.length - 1;
  const open = state.ticks[last];
  if (open === undefined) state.braces = Math.max(0, state.braces + step);
  else state.ticks[last] = Math.max(-1, open + step);
  return "brace";
}

function comment(stream: StringStream, state: RhaiState): string {
  while (state.comments > 0 && !stream.eol()) {
    if (stream.match("*/")) state.comments--;
    else if (stream.match("/*")) state.comments++;
    else stream.next();
  }
  return "comment";
}

function tick(stream: StringStream, state: RhaiState): string {
  const last = state.ticks.length - 1;
  if (stream.match("${")) {
    state.ticks[last] = 0;
    return "brace";
  }
  while (!stream.eol() && !stream.match("${", false)) {
    if (stream.next() !== "`") continue;
    if (stream.eat("`")) continue;
    state.ticks.pop();
    break;
  }
  return "string";
}

const parser: StreamParser<RhaiState> = {
  name: "rhai",
  startState: rhaiStart,
  copyState: rhaiCopy,
  token: rhaiToken,
  indent: (state, after, { unit }) => (state.braces - (/^\s*\}/.test(after) ? 1 : 0)) * unit,
  languageData: {
    commentTokens: { line: "//", block: { open: "/*", close: "*/" } },
    closeBrackets: { brackets: ["(", "[", "{", '"', "`"] },
    indentOnInput: /^\s*\}$/,
  },
};

export const rhai = StreamLanguage.define(parser);
