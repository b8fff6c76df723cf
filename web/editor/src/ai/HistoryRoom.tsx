/** The chats of this workflow, found by any word in them. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Search, Trash2 } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { ago, counted } from "../lib/words";
import { say } from "../ui/say";
import { listChats, removeChat } from "./api";
import { newChat, openChat, useChat } from "./chatStore";
import { enter } from "./panelStore";
import type { ChatRow } from "./types";

export function HistoryRoom({ workflow }: { workflow: string }) {
  const [words, setWords] = useState("");
  const query = useDeferredValue(words.trim());
  const { data, error } = useQuery({
    queryKey: ["chats", workflow, query],
    queryFn: () => listChats(workflow, query),
    placeholderData: (before) => before,
  });
  return (
    <div className="ai-room">
      <label className="search ai-search">
        <Search size={14} aria-hidden />
        <input
          data-first
          aria-label="Search the chats"
          placeholder="Search the chats…"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
      </label>
      {error && <p className="ai-problem">{error.message}</p>}
      {data?.items.length === 0 && <p className="ai-quiet">{query ? `No chat has “${query}”.` : "No chats yet."}</p>}
      <ul className="ai-chats">
        {data?.items.map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </ul>
    </div>
  );
}

function Row({ row: { id, title, updatedAt, turns } }: { row: ChatRow }) {
  const queries = useQueryClient();
  const isOpen = useChat((store) => store.chat === id);
  const open = () => {
    openChat(id).catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
    enter("chat");
  };
  const forget = async () => {
    await removeChat(id).catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
    if (isOpen) newChat();
    await queries.invalidateQueries({ queryKey: ["chats"] });
  };
  return (
    <li className="ai-chat-row">
      <button type="button" className="ai-chat-open" aria-current={isOpen || undefined} onClick={open}>
        <span>{title}</span>
        <span className="ai-quiet">
          {ago(updatedAt)} · {counted(turns, "turn")}
        </span>
      </button>
      <button type="button" className="tool" aria-label={`Delete the chat ${title}`} onClick={() => void forget()}>
        <Trash2 size={14} aria-hidden />
      </button>
    </li>
  );
}
