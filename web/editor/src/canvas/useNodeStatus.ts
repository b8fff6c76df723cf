import { useDiff, type Mark } from "../run/diffStore";
import { useRunStatus, type NodeRunStatus } from "../run/statusStore";

/** What the shown run did to this node; draws again only when that changed. */
export const useNodeStatus = (id: string): NodeRunStatus | undefined => useRunStatus((store) => store.byNode[id]);

/** How what this node did differs from the run that is compared with. */
export const useNodeDiff = (id: string): Mark | undefined => useDiff((diff) => diff.marks?.byNode[id]?.mark);
