/** The keys of the history on the screen of a workflow. */
import { useEffect } from "react";
import { useKeys } from "../app/keys";
import { openVersions, openWindow, turnVersions } from "./historyStore";

export function useHistoryKeys(canEdit: boolean) {
  useKeys({
    versions: turnVersions,
    ...(canEdit && {
      publish: () => openWindow({ kind: "publish" }),
      branch: () => openWindow({ kind: "branch", hash: null }),
    }),
  });
}

/** A link to a version is one to its place in the history. */
export function useOpenForVersion(version: string | null) {
  useEffect(() => {
    if (version !== null) openVersions();
  }, [version]);
}
