/** All that is open to be answered, in a corner of the canvas; on wish only what mentions me. */
import { MessageCircle } from "lucide-react";
import { Popover } from "radix-ui";
import { useState } from "react";
import type * as Y from "yjs";
import type { RunId, Workflow } from "../../api/types";
import { useShown } from "../../document/useDocument";
import { ago, counted } from "../../lib/words";
import { usePeople } from "../people";
import { mentions, type About, type Thread } from "./comments";
import { goTo } from "./goTo";
import { useThreads } from "./useThreads";
import "../collab.css";

/** `run`: only what is said about this one. */
export function ThreadList({ doc, run }: { doc: Y.Doc; run?: RunId }) {
  const isAsked = ({ about }: Thread) => run === undefined || ("run" in about && about.run === run);
  const open = useThreads(doc).filter((thread) => thread.resolved === null && isAsked(thread));
  const [isOpen, setOpen] = useState(false);
  if (open.length === 0) return null;
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className="canvas-note thread-count">
        <MessageCircle size={13} aria-hidden /> {counted(open.length, "open thread")}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover thread-list" sideOffset={6} align="end" aria-label="Open threads">
          <Listed doc={doc} open={open} onChosen={() => setOpen(false)} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

interface ListedProps {
  doc: Y.Doc;
  open: readonly Thread[];
  onChosen: () => void;
}

function Listed({ doc, open, onChosen }: ListedProps) {
  const me = usePeople(({ company }) => company?.name ?? "");
  const [isMine, setMine] = useState(false);
  const { workflow, edges } = useShown(doc);
  const ends = (key: string) => edges.find((edge) => edge.key === key)?.value;
  const shown = open.filter((thread) => !isMine || mentions(thread, me));
  return (
    <>
      <label className="people-hide">
        <input type="checkbox" checked={isMine} onChange={(event) => setMine(event.target.checked)} />
        Mentions me
      </label>
      {shown.length === 0 && <p className="text-ink-soft">No open thread mentions you, {me}.</p>}
      <ul>
        {shown.toReversed().map(({ id, about, messages }) => (
          <li key={id}>
            <button
              type="button"
              onClick={() => {
                goTo(doc, about);
                onChosen();
              }}
            >
              <span className="thread-by">
                <b>{placeWords(about, workflow, ends)}</b>
                <time dateTime={messages.at(-1)?.at}>{ago(messages.at(-1)?.at ?? "")}</time>
              </span>
              <span className="thread-line">
                {messages[0]?.by}: {messages[0]?.text}
              </span>
              {messages.length > 1 && <span className="text-ink-soft">{counted(messages.length - 1, "answer")}</span>}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

type Ends = (key: string) => { source: string; target: string } | undefined;

function placeWords(about: About, { graph }: Workflow, ends: Ends): string {
  const named = (id: string) => graph.nodes.find((node) => node.id === id)?.name ?? id;
  if ("node" in about) return named(about.node);
  if ("proposal" in about) return "A proposal";
  if ("run" in about) return `Run ${about.run.slice(-6)}, event ${about.frame}`;
  const edge = ends(about.edge);
  return edge ? `${named(edge.source)} → ${named(edge.target)}` : "A connection that is gone";
}
