/** The windows of the history over the page. */
import type { Opened } from "../document/open";
import { BisectWindow } from "./BisectWindow";
import { BranchWindow } from "./BranchWindow";
import { useHistoryPanel } from "./historyStore";
import { PublishWindow } from "./PublishWindow";
import "../ai/ai.css";
import "./history.css";

interface WindowsProps {
  workflow: string;
  /** Null on a screen that only shows a run. */
  opened: Opened | null;
}

export function Windows({ workflow, opened }: WindowsProps) {
  const window = useHistoryPanel((panel) => panel.window);
  switch (window?.kind) {
    case "publish":
      return opened && <PublishWindow workflow={workflow} opened={opened} />;
    case "branch":
      return opened && <BranchWindow workflow={workflow} opened={opened} hash={window.hash} />;
    case "bisect":
      return <BisectWindow key={window.run} workflow={workflow} run={window.run} good={window.good} />;
    case undefined:
      return null;
  }
}
