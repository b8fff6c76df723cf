/** Where expressions begin and end in a text. Apart from the editor, so that a form can ask without loading it. */

/** Whether this place in a text is between `{{` and `}}`, and where that expression begins. */
export function expressionAt(text: string, at: number): number | null {
  const open = text.lastIndexOf("{{", at - 1);
  if (open < 0 || open + 2 > at) return null;
  return text.slice(open + 2, at).includes("}}") ? null : open + 2;
}

/** Closes an expression that was just opened: `{{|` becomes `{{|}}`, so that spaces typed after it are not doubled. */
export function closeBraces(text: string, caret: number): { text: string; caret: number } {
  const opened = text.slice(0, caret).endsWith("{{") && !text.slice(0, caret).endsWith("{{{");
  const closes = text.indexOf("}}", caret);
  const next = text.indexOf("{{", caret);
  if (!opened || (closes >= 0 && (next < 0 || closes < next))) return { text, caret };
  return { text: `${text.slice(0, caret)}}}${text.slice(caret)}`, caret };
}

/**
 * Where the caret goes when `}` is typed and the expression is closed already: past the one that is there. Null when
 * it is to be written.
 */
export function overBrace(text: string, caret: number): number | null {
  const closing = /^\s*\}\}/.exec(text.slice(caret));
  if (closing && isWhole(text, caret)) return caret + closing[0].length - 1;
  const isBetween = text.slice(caret - 1, caret + 1) === "}}";
  return isBetween && isWhole(text, caret - 1) ? caret + 1 : null;
}

/** Whether an expression could end here: what was opened in it is closed. */
function isWhole(text: string, at: number): boolean {
  const start = expressionAt(text, at);
  if (start === null) return false;
  const code = text.slice(start, at);
  return code.split("{").length === code.split("}").length;
}
