/** What is said about a thing, wherever it is shown: also where its document is an older one, or the copy of a run. */
import { useMayEdit } from "../../api/session";
import { useSharedDoc } from "../../ai/host";
import type { About } from "./comments";
import { Threads } from "./Threads";

export function Talk({ about }: { about: About }) {
  const doc = useSharedDoc();
  const mayEdit = useMayEdit();
  if (!doc) return <p className="panel-empty">What people say is not at hand here.</p>;
  return <Threads doc={doc} about={about} readOnly={!mayEdit} />;
}
