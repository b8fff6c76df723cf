/** Where expressions begin and end in a text. Apart from the editor, so that a form can ask without loading it. */

/** Whether this place in a text is between `{{` and `}}`, and where that expression begins. */
export function expressionAt(text: string, at: number): number | null {
  const open = text.lastIndexOf("{{", at - 1);
  if (open < 0 || open + 2 > at) return null;
  return text.slice(open + 2, at).includes("}}") ? null : open + 2;
}

/** Closes an expression that was just opened: `{{|` becomes `{{ | }}`. */
export function closeBraces(text: string, caret: number): { text: string; caret: number } {
  const opened = text.slice(0, caret).endsWith("{{") && !text.slice(0, caret).endsWith("{{{");
  const closes = text.indexOf("}}", caret);
  const next = text.indexOf("{{", caret);
  if (!opened || (closes >= 0 && (next < 0 || closes < next))) return { text, caret };
  return { text: `${text.slice(0, caret)}  }}${text.slice(caret)}`, caret: caret + 1 };
}
