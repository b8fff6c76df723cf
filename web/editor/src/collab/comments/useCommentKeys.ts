/** A key says something about what is selected: one node, or one connection. */
import { useKeys } from "../../app/keys";
import { soleEdge, soleStep, useSelection } from "../../canvas/selection";
import { usePanel } from "../../panel/problems";
import { say } from "../../ui/say";
import { writeComment } from "./goTo";

export function useCommentKeys(mayEdit: boolean) {
  useKeys(mayEdit ? { comment } : {});
}

function comment() {
  const selection = useSelection.getState();
  if (soleStep(selection) === null && soleEdge(selection) === null) return say("Select one node or one connection.");
  usePanel.setState({ tab: "comments" });
  writeComment();
}
