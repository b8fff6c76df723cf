/** The AI panel or the history beside a screen; where there is no room for it, as a sheet over its right half. */
import { lazy, Suspense, type ReactNode } from "react";
import { useKeys } from "../app/keys";
import { go } from "../app/router";
import { Split } from "../ui/Split";
import { useMedia } from "../ui/useMedia";
import { hostNow, useHost } from "./host";
import { useHistoryPanel } from "../history/historyStore";
import { HistoryWindows } from "../history/HistoryWindows";
import { openExplain, openHistory, turnChat, useAi } from "./panelStore";
import { useReview } from "./reviewStore";

const AiPanel = lazy(async () => ({ default: (await import("./AiPanel")).AiPanel }));
const HistoryPanel = lazy(async () => ({ default: (await import("../history/HistoryPanel")).HistoryPanel }));
const ReviewBar = lazy(async () => ({ default: (await import("./ReviewBar")).ReviewBar }));

/** The store of the run is not in the first load. */
const readShown = () => import("./shown");

const NARROW = "(max-width: 980px)";

export function Beside({ children }: { children: ReactNode }) {
  const isOpen = useAi((panel) => panel.isOpen);
  const isNarrow = useMedia(NARROW);
  const host = useHost((store) => store.host);
  useAiKeys();
  const isHistory = useHistoryPanel((history) => history.isOpen) && !isOpen;
  const panel = (isOpen || isHistory) && (
    <Suspense fallback={<aside className="ai-waiting" aria-label={isHistory ? "History" : "AI"} aria-busy="true" />}>
      {isHistory ? <HistoryPanel /> : <AiPanel />}
    </Suspense>
  );
  return (
    <div className="ai-beside">
      <Split
        side="right"
        name="ai"
        label={isHistory ? "Width of the history" : "Width of the AI panel"}
        size={372}
        min={300}
        max={640}
        pane={isNarrow ? null : panel}
      >
        {children}
      </Split>
      {isNarrow && panel && <div className="ai-sheet">{panel}</div>}
      {host && <HistoryWindows workflow={host.workflow} opened={host.opened} />}
    </div>
  );
}

/** Over the canvas while a proposal is looked at. */
export function ReviewSlot() {
  const isReviewing = useReview((review) => review.proposal !== null);
  return isReviewing ? (
    <Suspense>
      <ReviewBar />
    </Suspense>
  ) : null;
}

function useAiKeys() {
  useKeys({
    chat: turnChat,
    chatHistory: openHistory,
    aiSettings: () => go("/settings"),
    explainWorkflow: () => hostNow() && openExplain({ kind: "workflow" }),
    fix: () => void readShown().then(({ askFix }) => askFix()),
    explainFrame: () => void readShown().then(({ askAboutFrame }) => askAboutFrame()),
    explainDifference: () => void readShown().then(({ askAboutDifference }) => askAboutDifference()),
  });
}
