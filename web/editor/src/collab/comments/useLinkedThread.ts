/** A link to a thread opens what it is about. */
import { useEffect } from "react";
import type * as Y from "yjs";
import { onScreen } from "../../canvas/onScreen";
import { select } from "../../canvas/selection";
import { usePanel } from "../../panel/problems";
import { threadsOf } from "./comments";

export function useLinkedThread(doc: Y.Doc) {
  useEffect(() => {
    const linked = new URLSearchParams(location.search).get("comment");
    const about = threadsOf(doc).find(({ id }) => id === linked)?.about;
    if (!about || !("node" in about)) return;
    usePanel.setState({ tab: "comments" });
    select([about.node]);
    // The canvas is drawn only with the next frame.
    requestAnimationFrame(() => onScreen.bring(about.node));
  }, [doc]);
}
