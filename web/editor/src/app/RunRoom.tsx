/** What a run's page does in the room of its workflow, where people see each other and talk; of the workflow it changes nothing. */
import { Suspense } from "react";
import type { RunId } from "../api/types";
import { useMayEdit } from "../api/session";
import { useComments } from "../collab/comments/useComments";
import { useCompany } from "../collab/people";
import { useFollowedPlace, useTellPlace } from "../collab/usePlaces";
import type { Opened } from "../document/open";
import { ThreadList } from "./slots";

interface RunRoomProps {
  workflow: string;
  run: RunId;
  opened: Opened;
}

export function RunRoom({ workflow, run, opened }: RunRoomProps) {
  useCompany(opened);
  useComments(opened.doc, useMayEdit());
  useTellPlace(run);
  useFollowedPlace(workflow, "run");
  return (
    <div className="canvas-notes">
      <Suspense>
        <ThreadList doc={opened.doc} run={run} />
      </Suspense>
    </div>
  );
}
