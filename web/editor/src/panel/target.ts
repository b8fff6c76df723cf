/** What a form writes to. A form knows parameters; only this file knows that they lie in a document. */
import type * as Y from "yjs";
import type { Json, NodeId } from "../api/types";
import * as edits from "../document/edits";
import { historyOf } from "../document/history";
import type { Specs } from "../document/load";

export interface Target {
  /** What is half typed for one key does not come along to another. */
  key: string;
  readOnly: boolean;
  /** Settings: what is written is meant as it stands, and `{{` begins no expression. */
  plain?: boolean;
  /** Writes one parameter; undefined removes it, and its default holds. */
  setParam(name: string, value: Json | undefined, typing?: boolean): void;
  /** The shared text of a parameter that holds code. */
  text(name: string): Y.Text | null;
  /** What was typed until now is one step of undo. */
  settle(): void;
  /** Changes with this origin are this person's, and can be undone. */
  track(origin: unknown): void;
  undo(): void;
  redo(): void;
}

/** The parameters of a node in a document. */
export function nodeTarget(doc: Y.Doc, id: NodeId, specs: Specs, readOnly = false): Target {
  return {
    key: id,
    readOnly,
    setParam: (name, value, typing = false) => {
      if (!readOnly) edits.setParam(doc, id, name, value, { specs, typing });
    },
    text: (name) => edits.sharedText(doc, id, name),
    settle: () => historyOf(doc).pause(),
    track: (origin) => historyOf(doc).track(origin),
    undo: () => void historyOf(doc).undo(),
    redo: () => void historyOf(doc).redo(),
  };
}
