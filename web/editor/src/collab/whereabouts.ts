/** Where somebody is and what they do, in words that follow their name. */
import { useHost, type Host } from "../ai/host";
import type { NodeId, RunId } from "../api/types";
import { viewOf } from "../document/view";
import type { Peer, Place } from "./peer";

type NameOf = (node: NodeId) => string;

/** Empty of somebody of whom nothing more is known than that they are here. */
export function whereabouts({ place, drag, doing }: Peer, nameOf: NameOf, shownRun: RunId | null = null): string {
  if (doing) return `is ${doing}`;
  if (drag) return "is moving nodes";
  if (place.run === undefined) return place.node ? `is at ${nameOf(place.node)}` : "";
  if (place.run === shownRun) return `looks at ${momentOf(place, nameOf) || "this run"}`;
  const moment = place.seq === undefined ? "" : `event ${place.seq}`;
  return `looks at ${[`run ${place.run.slice(-6)}`, moment].filter(Boolean).join(", ")}`;
}

/** The frame by the name of its node, and the moment: `Sum, event 12`. */
function momentOf({ seq, frame }: Place, nameOf: NameOf): string {
  return [frame && nameOf(frame.node), seq !== undefined && `event ${seq}`].filter(Boolean).join(", ");
}

/** Names as the canvas on the screen writes them. */
export function useNodeNames(): NameOf {
  const host = useHost(({ host }) => host);
  return (id) => nameIn(host, id);
}

function nameIn(host: Host | null, id: NodeId): string {
  const node = host && viewOf(host.doc).node(id);
  return node?.name ?? (node && host?.specs.get(node.type)?.title) ?? id;
}
