/** Short words about what just happened, seen for a moment and read out by screen readers. */
import { useEffect } from "react";
import { create } from "zustand";

interface Said {
  text: string;
  count: number;
  action?: { label: string; act: () => void };
}

const SEEN_MS = 5000;
const useSaid = create<{ said: Said | null }>(() => ({ said: null }));
let count = 0;

export function say(text: string, action?: Said["action"]) {
  useSaid.setState({ said: { text, count: ++count, ...(action && { action }) } });
}

export function Said() {
  const said = useSaid((store) => store.said);
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => useSaid.setState({ said: null }), SEEN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div className="said" role="status" aria-live="polite">
      {said && (
        <div key={said.count} className="said-box">
          {said.text}
          {said.action && (
            <button
              type="button"
              onClick={() => {
                said.action?.act();
                useSaid.setState({ said: null });
              }}
            >
              {said.action.label}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
