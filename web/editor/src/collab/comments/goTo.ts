/** Leads to what a thread is about, with the thread on the screen. */
import type * as Y from "yjs";
import { addressOf, go, placeNow } from "../../app/router";
import { onScreen } from "../../canvas/onScreen";
import { select } from "../../canvas/selection";
import { roots } from "../../document/shape";
import { usePanel } from "../../panel/problems";
import { useFramePart } from "../../run/framePart";
import type { About } from "./comments";

export function goTo(doc: Y.Doc, about: About) {
  if ("node" in about) {
    usePanel.setState({ tab: "comments" });
    select([about.node]);
    // The canvas is drawn only with the next frame.
    requestAnimationFrame(() => onScreen.bring(about.node));
  } else if ("edge" in about) {
    select([], [about.edge]);
    const source = roots(doc).edges.get(about.edge)?.get("source");
    if (typeof source === "string") requestAnimationFrame(() => onScreen.bring(source));
  } else if ("run" in about) {
    const { run, frame } = about;
    useFramePart.setState({ part: "comments", wanted: about });
    const id = String(roots(doc).meta.get("id"));
    go(
      placeNow().screen === "run"
        ? addressOf({ screen: "run", id: run, seq: frame, node: null, diff: null })
        : addressOf({ screen: "workflow", id, run, seq: frame }),
      "replace",
    );
  } else if ("proposal" in about) {
    void import("../proposals/show").then(({ showProposal }) => showProposal(about.proposal));
  }
}

/** The keyboard goes to where something can be said about what is selected. */
export function writeComment(tries = 20) {
  const field = document.querySelector<HTMLElement>(".inspector .threads > .thread-write textarea");
  if (field) return field.focus();
  // The panel may be read only now.
  if (tries > 0) setTimeout(() => writeComment(tries - 1), 50);
}
