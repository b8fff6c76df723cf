/** A chat about the workflow: what was asked, what was answered, and what is proposed. */
import { Wand } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { useMayEdit } from "../api/session";
import { ONLY_LOOK } from "../collab/ViewerNote";
import { ask, isAnswering, useChat } from "./chatStore";
import { Composer } from "./Composer";
import type { Host } from "./host";
import type { LiveTurn } from "./liveTurn";
import { NO_LOOKING } from "./looking";
import { ProposalCard } from "./ProposalCard";
import { useReview } from "./reviewStore";
import { TurnView } from "./TurnView";

const EXAMPLES = [
  "Every hour get https://api.example.com/orders, keep those over 100, and log them",
  "Add a step that retries the request when the service is busy",
];

export function ChatRoom({ host }: { host: Host }) {
  const { turns, isReading } = useChat();
  const mayEdit = useMayEdit();
  return (
    <>
      <Follow of={turns}>
        {isReading && <p className="ai-quiet">Reading the chat…</p>}
        {turns.length === 0 && !isReading && mayEdit && <Beginning canEdit={host.opened !== null} />}
        {turns.map((turn, at) => (
          <TurnView
            key={turn.id ?? `new ${at}`}
            turn={turn}
            isLast={at === turns.length - 1 && mayEdit}
            onAnswer={(text) => void ask(text, NO_LOOKING)}
          />
        ))}
        <OfAnother turns={turns} workflow={host.workflow} />
      </Follow>
      {mayEdit ? (
        <Composer host={host} isAnswering={isAnswering(turns)} />
      ) : (
        <p className="ai-quiet ai-room">{ONLY_LOOK}</p>
      )}
    </>
  );
}

/** What somebody else asked for, while it is looked at: a chat is its person's own, a proposal is everybody's. */
function OfAnother({ turns, workflow }: { turns: readonly LiveTurn[]; workflow: string }) {
  const proposal = useReview((review) => review.proposal);
  if (!proposal || proposal.workflow !== workflow || proposal.origin.kind === "branch") return null;
  if (turns.some(({ proposals }) => proposals.includes(proposal.id))) return null;
  return <ProposalCard id={proposal.id} onAgain={() => void ask(proposal.title, NO_LOOKING)} />;
}

function Beginning({ canEdit }: { canEdit: boolean }) {
  return (
    <div className="ai-beginning">
      <Wand size={20} aria-hidden />
      <p>
        {canEdit
          ? "Say what this workflow should do. You see every change before it is made, and undo takes it back."
          : "Ask about this run, or say what should change."}
      </p>
      {EXAMPLES.map((example) => (
        <button key={example} type="button" className="ai-choice" onClick={() => void ask(example, NO_LOOKING)}>
          {example}
        </button>
      ))}
    </div>
  );
}

/** Stays at the end while the answer grows, unless somebody has scrolled up to read. */
function Follow({ of, children }: { of: unknown; children: ReactNode }) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const box = scroller.current;
    if (box && isAtEnd.current) box.scrollTop = box.scrollHeight;
  }, [of]);
  return (
    <div
      ref={scroller}
      className="ai-room"
      role="log"
      aria-label="Chat"
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 40;
      }}
    >
      {children}
    </div>
  );
}
