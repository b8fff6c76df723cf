/** Under the head of a branch: what it is a branch of, and the way back. */
import { useQuery } from "@tanstack/react-query";
import { GitBranch, GitMerge } from "lucide-react";
import { addressOf } from "../app/router";
import { useKeys } from "../app/keys";
import type { Opened } from "../document/open";
import { Link } from "../ui/Link";
import { findOrigin, mergeBack } from "./branching";

interface BranchOfProps {
  id: string;
  opened: Opened;
  canEdit: boolean;
}

export function BranchOf({ id, opened, canEdit }: BranchOfProps) {
  const { data: origin } = useQuery({
    queryKey: ["branch", id],
    // Without an answer it is shown as any workflow.
    queryFn: () => findOrigin(id).catch(() => null),
    staleTime: Infinity,
  });
  return origin ? <Of origin={origin} {...{ id, opened, canEdit }} /> : null;
}

function Of({ id, opened, canEdit, origin }: BranchOfProps & { origin: { id: string; name: string } }) {
  const back = () => void mergeBack(id, origin.id, opened);
  useKeys({ ...(canEdit && { mergeBack: back }) });
  return (
    <section className="branch-of" aria-label="Branch">
      <GitBranch size={13} aria-hidden />
      <span>
        Branch of <Link href={addressOf({ screen: "workflow", id: origin.id })}>{origin.name}</Link>
      </span>
      {canEdit && (
        <button type="button" className="tool wide" title="Proposes its changes there, part by part" onClick={back}>
          <GitMerge size={14} aria-hidden /> Merge back…
        </button>
      )}
    </section>
  );
}
