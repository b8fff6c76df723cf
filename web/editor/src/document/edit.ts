/** One edit: one transaction of this person, one step of undo. */
import * as Y from "yjs";

/** The origin of a change that this person made. `typing` names the field whose keystrokes are one step. */
export class LocalEdit {
  constructor(
    readonly label: string,
    readonly typing?: string,
  ) {}
}

export function edit<T>(doc: Y.Doc, label: string, change: () => T, typing?: string): T {
  return doc.transact(change, new LocalEdit(label, typing));
}
