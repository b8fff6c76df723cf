/** A text with `{{ expressions }}`: the text is plain, what stands between the braces is Rhai. */
import { StreamLanguage, type StreamParser } from "@codemirror/language";
import { rhaiCopy, rhaiStart, rhaiToken, type RhaiState } from "./rhai";

interface TemplateState {
  /** Null outside of an expression. */
  inside: RhaiState | null;
}

const parser: StreamParser<TemplateState> = {
  name: "template",
  startState: () => ({ inside: null }),
  copyState: ({ inside }) => ({ inside: inside && rhaiCopy(inside) }),
  token(stream, state) {
    if (state.inside) {
      const { braces, ticks, comments } = state.inside;
      if (braces === 0 && ticks.length === 0 && comments === 0 && stream.match("}}")) {
        state.inside = null;
        return "processingInstruction";
      }
      return rhaiToken(stream, state.inside);
    }
    if (stream.match("{{")) {
      state.inside = rhaiStart();
      return "processingInstruction";
    }
    stream.next();
    while (!stream.eol() && !stream.match("{{", false)) stream.next();
    return null;
  },
  languageData: { closeBrackets: { brackets: ["(", "[", "{", '"'] } },
};

export const template = StreamLanguage.define(parser);
