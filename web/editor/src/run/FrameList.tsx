/** The frames of a run as a list: what the picture shows, for those who read instead of look. */
import { useEffect } from "react";
import { MessageCircle } from "lucide-react";
import type { NodeId, RunId, Seq } from "../api/types";
import { Avatars } from "../collab/Avatars";
import { useOpenThreads } from "../collab/comments/useThreads";
import { counted, duration } from "../lib/words";
import { StatusDot } from "../ui/StatusDot";
import { useRows } from "../ui/useRows";
import type { FrameIndex, FrameTable } from "./frameTable";
import { showFrame } from "./moves";
import { useRun, type Watched } from "./runStore";
import { frameAt } from "./stops";

const ROW = 26;

export function FrameList({ watched, nameOf }: { watched: Watched; nameOf: (node: NodeId) => string }) {
  const { seq, node } = useRun();
  const { table, stops } = watched.timeline;
  const current = frameAt(table, stops, seq, node);
  const { scroller, list, items } = useRows(table.length, ROW);
  useEffect(() => {
    if (current >= 0) list.scrollToIndex(current, { align: "auto" });
  }, [current, list]);
  return (
    <div ref={scroller} className="run-list" role="list" aria-label="Frames">
      <div role="presentation" style={{ height: list.getTotalSize(), position: "relative" }}>
        {items.map(({ index, start }) => (
          <div
            key={index}
            role="listitem"
            aria-posinset={index + 1}
            aria-setsize={table.length}
            style={{ position: "absolute", top: start, width: "100%", height: ROW }}
          >
            <button
              type="button"
              className="run-list-row"
              aria-current={index === current}
              data-future={(table.opened[index] as number) > seq || undefined}
              onClick={() => showFrame(index)}
            >
              <span className="run-list-seq">{table.opened[index]}</span>
              <StatusDot status={table.statusAt(index, seq)} />
              <span className="truncate">{nameOf(table.node[index] as NodeId)}</span>
              <span className="run-list-facts">{factsOf(table, index)}</span>
              <Here run={table.run} frame={table.opened[index] as Seq} />
            </button>
          </div>
        ))}
      </div>
    </div>
  );
}

/** What is said about a frame, and who else sees it. */
function Here({ run, frame }: { run: RunId; frame: Seq }) {
  const said = useOpenThreads({ run, frame });
  return (
    <span className="run-list-here">
      {said > 0 && (
        <span className="said-count" title={counted(said, "open thread")}>
          <MessageCircle size={11} aria-hidden /> {said}
        </span>
      )}
      <Avatars of={({ place }) => place.run === run && place.frame?.opened === frame} what="looks at this frame" />
    </span>
  );
}

export function factsOf(table: FrameTable, frame: FrameIndex): string {
  const [iteration, attempt] = [table.iteration[frame] as number, table.attempt[frame] as number];
  const took = (table.closedMs[frame] as number) - (table.openedMs[frame] as number);
  return [
    ...(iteration >= 0 ? [`iteration ${iteration + 1}`] : []),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    table.status[frame] === "SKIPPED" ? "" : table.closed[frame] ? duration(took) : "open",
  ].join(" · ");
}
