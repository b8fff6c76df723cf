/** Text that several people write in: only what differs is replaced, so that other hands' cursors stay where they are. */
import type * as Y from "yjs";

/** The one splice that turns `before` into `after`. */
export function splice(before: string, after: string): { at: number; remove: number; insert: string } {
  const short = Math.min(before.length, after.length);
  let start = 0;
  while (start < short && before[start] === after[start]) start++;
  let end = 0;
  while (end < short - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { at: start, remove: before.length - start - end, insert: after.slice(start, after.length - end) };
}

export function rewrite(text: Y.Text, after: string) {
  const { at, remove, insert } = splice(text.toString(), after);
  if (remove > 0) text.delete(at, remove);
  if (insert) text.insert(at, insert);
}
