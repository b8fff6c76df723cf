/** Text that several people write in: only what differs is replaced, so that other hands' cursors stay where they are. */
import type * as Y from "yjs";

/** The one splice that turns `before` into `after`. */
export function splice(before: string, after: string): { at: number; remove: number; insert: string } {
  const short = Math.min(before.length, after.length);
  let start = 0;
  while (start < short && before[start] === after[start]) start++;
  // No character is cut in two: half of one is no text, and would be lost.
  if (start > 0 && isHigh(before.charCodeAt(start - 1))) start--;
  let end = 0;
  while (end < short - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  if (end > 0 && isLow(before.charCodeAt(before.length - end))) end--;
  return { at: start, remove: before.length - start - end, insert: after.slice(start, after.length - end) };
}

const isHigh = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000;

export function rewrite(text: Y.Text, after: string) {
  if (text.length !== text.toString().length) {
    // It holds things that are no text, so that positions in it are not those of what it says.
    text.delete(0, text.length);
    text.insert(0, after);
    return;
  }
  const { at, remove, insert } = splice(text.toString(), after);
  if (remove > 0) text.delete(at, remove);
  if (insert) text.insert(at, insert);
}
