import { useRunStatus, type NodeRunStatus } from "../run/statusStore";

/** What the shown run did to this node; draws again only when that changed. */
export const useNodeStatus = (id: string): NodeRunStatus | undefined => useRunStatus((store) => store.byNode[id]);
