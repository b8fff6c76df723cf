/** Where a person writes, with what they look at as chips. */
import { ArrowUp, Box, History, Layers, Square, X } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { ask, stop } from "./chatStore";
import type { Host } from "./host";
import { reject } from "./review";
import { useLooking, type Chip } from "./looking";

const ICONS = { node: Box, run: History, frame: Layers };

export function Composer({ host, isAnswering }: { host: Host; isAnswering: boolean }) {
  const [text, setText] = useState("");
  const { chips, looking, takeAway } = useLooking(host);
  const send = () => {
    const words = text.trim();
    if (!words || isAnswering) return;
    setText("");
    void ask(words, looking);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "Escape" && isAnswering) stop();
    // In an empty field there is nothing for the key to take away.
    if (event.key === "Backspace" && event.altKey && text === "") {
      event.preventDefault();
      return void reject();
    }
    if (event.key !== "Enter" || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className="ai-composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {chips.length > 0 && (
        <ul className="ai-chips" aria-label="What it looks at">
          {chips.map((chip) => (
            <ChipView key={chip.key} chip={chip} onAway={() => takeAway(chip.key)} />
          ))}
        </ul>
      )}
      <div className="ai-box">
        <textarea
          data-first
          rows={1}
          aria-label="Message"
          placeholder="Say what should happen, or ask…"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={key}
        />
        {isAnswering ? (
          <button type="button" className="ai-send" aria-label="Stop" title="Stop (Esc)" onClick={stop}>
            <Square size={13} aria-hidden />
          </button>
        ) : (
          <button type="submit" className="ai-send" aria-label="Send" title="Send (Enter)" disabled={!text.trim()}>
            <ArrowUp size={15} aria-hidden />
          </button>
        )}
      </div>
    </form>
  );
}

function ChipView({ chip: { kind, label }, onAway }: { chip: Chip; onAway: () => void }) {
  const Icon = ICONS[kind];
  return (
    <li className="ai-chip">
      <Icon size={12} aria-hidden />
      <span>{label}</span>
      <button type="button" aria-label={`Do not look at ${label}`} onClick={onAway}>
        <X size={11} aria-hidden />
      </button>
    </li>
  );
}
