/** What is said about one thing, and the way to say more. */
import { Check, Link2, RotateCcw, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type * as Y from "yjs";
import { ago } from "../../lib/words";
import { say } from "../../ui/say";
import { usePeople } from "../people";
import {
  beginThread,
  piecesOf,
  reply,
  resolve,
  takeBack,
  TEXT_MAX,
  type About,
  type Message,
  type Thread,
} from "./comments";
import { useIsLinked } from "./useLinkedThread";
import { useThreads } from "./useThreads";

export function Threads({ doc, about, readOnly }: { doc: Y.Doc; about: About; readOnly: boolean }) {
  const here = JSON.stringify(about);
  const threads = useThreads(doc).filter((thread) => JSON.stringify(thread.about) === here);
  const me = usePeople(({ company }) => company?.name ?? "");
  const people = usePeople((store) => store.people);
  const names = [...new Set([me, ...people.map(({ name }) => name), ...threads.flatMap(speakers)])];
  return (
    <div className="threads">
      {threads.map((thread) => (
        <OneThread key={thread.id} {...{ doc, thread, me, names, readOnly }} />
      ))}
      {!readOnly && (
        <Write label="Say something about this" send={(text) => void beginThread(doc, about, { by: me, text })} />
      )}
      {readOnly && threads.length === 0 && <p className="panel-empty">Nothing was said about this.</p>}
    </div>
  );
}

const speakers = ({ messages }: Thread) => messages.map(({ by }) => by);

interface ThreadProps {
  doc: Y.Doc;
  thread: Thread;
  me: string;
  names: readonly string[];
  readOnly: boolean;
}

function OneThread({ doc, thread, me, names, readOnly }: ThreadProps) {
  const { id, messages, resolved } = thread;
  const box = useRef<HTMLElement>(null);
  const isLinked = useIsLinked(id);
  useEffect(() => {
    if (isLinked) box.current?.scrollIntoView({ block: "nearest" });
  }, [isLinked]);
  return (
    <article
      ref={box}
      className="thread"
      data-resolved={resolved !== null || undefined}
      data-linked={isLinked || undefined}
      aria-label="Thread"
    >
      {messages.map((message) => (
        <Said
          key={message.id}
          message={message}
          names={names}
          remove={message.by === me && !readOnly ? () => takeBack(doc, id, message.id) : null}
        />
      ))}
      <footer className="thread-tools">
        {resolved && <span className="text-ink-soft">Resolved by {resolved.by}</span>}
        <button type="button" className="mini words" onClick={() => void copyLink(id)}>
          <Link2 size={13} aria-hidden /> Link
        </button>
        {!readOnly && (
          <button type="button" className="mini words" onClick={() => resolve(doc, id, resolved ? null : me)}>
            {resolved ? <RotateCcw size={13} aria-hidden /> : <Check size={13} aria-hidden />}
            {resolved ? "Open again" : "Resolve"}
          </button>
        )}
      </footer>
      {!readOnly && !resolved && <Write label="Answer" send={(text) => reply(doc, id, { by: me, text })} />}
    </article>
  );
}

interface SaidProps {
  message: Message;
  names: readonly string[];
  remove: (() => void) | null;
}

function Said({ message: { by, at, text }, names, remove }: SaidProps) {
  return (
    <div className="thread-said">
      <p className="thread-by">
        <b>{by}</b> <time dateTime={at}>{ago(at)}</time>
        {remove && (
          <button type="button" className="mini" aria-label="Take this back" title="Take this back" onClick={remove}>
            <Trash2 size={12} aria-hidden />
          </button>
        )}
      </p>
      <p className="thread-text">
        {piecesOf(text, names).map((piece, at) =>
          piece.isMention ? <mark key={at}>{piece.text}</mark> : <span key={at}>{piece.text}</span>,
        )}
      </p>
    </div>
  );
}

/** Enter sends, Shift and Enter begins a line. */
function Write({ label, send }: { label: string; send: (text: string) => void }) {
  const [text, setText] = useState("");
  const done = () => {
    if (!text.trim()) return;
    send(text);
    setText("");
  };
  return (
    <form
      className="thread-write"
      onSubmit={(event) => {
        event.preventDefault();
        done();
      }}
    >
      <textarea
        className="field-input"
        rows={2}
        aria-label={label}
        placeholder={`${label}; @name mentions somebody`}
        maxLength={TEXT_MAX}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          done();
        }}
      />
      <button type="submit" className="button" disabled={!text.trim()}>
        {label === "Answer" ? "Answer" : "Comment"}
      </button>
    </form>
  );
}

async function copyLink(id: string) {
  await navigator.clipboard.writeText(`${location.origin}${location.pathname}?comment=${encodeURIComponent(id)}`);
  say("The link to this thread is copied.");
}
