/** A dragged path lands where the hand lets it go: in braces where there are none yet. */
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { pathOf } from "../drop";
import { expressionAt } from "./braces";

export const dropPath = (inBraces: boolean): Extension =>
  EditorView.domEventHandlers({
    drop: (event, view) => {
      const path = pathOf(event.dataTransfer);
      if (path === null || view.state.readOnly) return false;
      event.preventDefault();
      const at = view.posAtCoords({ x: event.clientX, y: event.clientY }) ?? view.state.doc.length;
      const bare = !inBraces || expressionAt(view.state.sliceDoc(0, at), at) !== null;
      const insert = bare ? path : `{{ ${path} }}`;
      view.dispatch({
        changes: { from: at, insert },
        selection: { anchor: at + insert.length },
        userEvent: "input.drop",
      });
      view.focus();
      return true;
    },
  });
