/** Who changed a node last, and each of its fields; each leads to the version that has it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import type * as Y from "yjs";
import { useHost } from "../ai/host";
import { useServiceEvents } from "../api/events";
import type { NodeId } from "../api/types";
import { Avatar } from "../collab/Avatar";
import { ago } from "../lib/words";
import { getBlame, type Blamed } from "./api";
import { NOBODY } from "./ByList";
import { openVersions, showVersion } from "./historyStore";
import { fieldOf, looksOf } from "./words";
import "./history.css";

/** Of the document that is edited: what an older version or a run shows has another past. */
export function LastChanged({ doc, node }: { doc: Y.Doc; node: NodeId }) {
  const workflow = useHost(({ host }) => (host?.opened?.doc === doc ? host.workflow : null));
  return workflow === null ? null : <Blame key={node} workflow={workflow} node={node} />;
}

function Blame({ workflow, node }: { workflow: string; node: NodeId }) {
  const [isOpen, setOpen] = useState(false);
  const queries = useQueryClient();
  const { data } = useQuery({
    queryKey: ["blame", workflow, node],
    // Without an answer nothing is told; the history says what is wrong.
    queryFn: () => getBlame(workflow, node).catch(() => []),
    placeholderData: (before) => before,
  });
  useServiceEvents(["workflow"], () => void queries.invalidateQueries({ queryKey: ["blame", workflow, node] }));
  const places = newestFirst(data ?? []);
  const [last] = places;
  if (!last) return null;
  const Arrow = isOpen ? ChevronDown : ChevronRight;
  return (
    <div className="blame">
      <button type="button" className="blame-last" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Avatar person={looksOf(last.author ?? NOBODY)} />
        <span>
          Last changed by <b>{last.author?.name ?? "somebody"}</b>
          {last.at && `, ${ago(last.at)}`}
        </span>
        <Arrow size={13} aria-hidden />
      </button>
      {isOpen && (
        <ul aria-label="Who changed each field last">
          {places.map((place) => (
            <li key={place.place}>
              <Field blamed={place} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const newestFirst = (places: readonly Blamed[]) =>
  [...places].sort((a, b) => Date.parse(b.at ?? "") - Date.parse(a.at ?? "") || (a.at ? -1 : 1));

function Field({ blamed: { place, author, at, hash } }: { blamed: Blamed }) {
  const show = () => {
    openVersions();
    showVersion(hash as string, "in");
  };
  return (
    <button
      type="button"
      className="blame-field"
      disabled={!hash}
      title={hash ? "Show the version that has it first" : "It is in no version yet: it was just changed"}
      onClick={show}
    >
      <code>{fieldOf(place)}</code>
      <Avatar person={looksOf(author ?? NOBODY)} />
      <span>
        {author?.name ?? "somebody"}
        {at && <span className="ai-quiet"> {ago(at)}</span>}
      </span>
    </button>
  );
}
