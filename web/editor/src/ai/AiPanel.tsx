/** The panel beside the canvas: the chat, its history, fixes of a failure, explanations. */
import { History as HistoryIcon, MessageCircleQuestionMark, MessageSquarePlus, Settings, X } from "lucide-react";
import { useEffect } from "react";
import type { ReactNode } from "react";
import { Link } from "../ui/Link";
import { ChatRoom } from "./ChatRoom";
import { newChat, useChatsOf } from "./chatStore";
import { ExplainRoom } from "./ExplainRoom";
import { FixRoom } from "./FixRoom";
import { HistoryRoom } from "./HistoryRoom";
import { useHost, type Host } from "./host";
import { ModeLine } from "./ModeLine";
import { closePanel, enter, openExplain, useAi, type Room } from "./panelStore";
import "./ai.css";
// Read together: a proposal comes with the panel open, and its keys must be heard at once.
import "./ReviewBar";

const TITLES: Record<Room, string> = {
  chat: "Chat",
  history: "Chats of this workflow",
  fix: "Fix",
  explain: "Explain",
};

export function AiPanel() {
  const host = useHost((store) => store.host);
  const room = useAi((panel) => panel.room);
  useFocusOnEntry();
  return (
    <aside className="ai" aria-label="AI" data-keys="elsewhere" data-pane="ai">
      <Head room={room} />
      <ModeLine />
      {host && <RoomOf room={room} host={host} key={host.workflow} />}
    </aside>
  );
}

function RoomOf({ room, host }: { room: Room; host: Host }) {
  useChatsOf(host.workflow);
  switch (room) {
    case "chat":
      return <ChatRoom host={host} />;
    case "history":
      return <HistoryRoom workflow={host.workflow} />;
    case "fix":
      return <FixRoom />;
    case "explain":
      return <ExplainRoom host={host} />;
  }
}

function Head({ room }: { room: Room }) {
  return (
    <header className="ai-head">
      <h2>{TITLES[room]}</h2>
      {room !== "chat" && (
        <button type="button" className="tool wide" onClick={() => enter("chat")}>
          Chat
        </button>
      )}
      <Tool
        label="New chat"
        act={() => {
          newChat();
          enter("chat");
        }}
      >
        <MessageSquarePlus size={15} aria-hidden />
      </Tool>
      <Tool label="Explain this workflow" act={() => openExplain({ kind: "workflow" })}>
        <MessageCircleQuestionMark size={15} aria-hidden />
      </Tool>
      <Tool label="Chats of this workflow" isPressed={room === "history"} act={() => enter("history")}>
        <HistoryIcon size={15} aria-hidden />
      </Tool>
      <Link href="/settings" className="tool" aria-label="AI settings" title="AI settings">
        <Settings size={15} aria-hidden />
      </Link>
      <Tool label="Close the AI panel" act={closePanel}>
        <X size={15} aria-hidden />
      </Tool>
    </header>
  );
}

interface ToolProps {
  label: string;
  isPressed?: boolean;
  act: () => void;
  children: ReactNode;
}

function Tool({ label, isPressed, act, children }: ToolProps) {
  return (
    <button
      type="button"
      className="tool"
      aria-label={label}
      title={label}
      {...(isPressed !== undefined && { "aria-pressed": isPressed })}
      onClick={act}
    >
      {children}
    </button>
  );
}

/** Whoever asked for the panel goes on in it. */
function useFocusOnEntry() {
  const asked = useAi((panel) => panel.asked);
  const room = useAi((panel) => panel.room);
  useEffect(() => {
    document.querySelector<HTMLElement>("[data-pane=ai] [data-first]")?.focus();
  }, [asked, room]);
}
