/** What can be done with the value that is shown: find in it, copy from it, open and fold all. */
import {
  ChevronDown,
  ChevronsDownUp,
  ChevronsUpDown,
  ChevronUp,
  Copy,
  ListTree,
  Route,
  Search,
  Table2,
} from "lucide-react";
import type { ReactNode } from "react";
import type { ViewMode } from "./viewMode";

interface Props {
  text: string;
  setText: (text: string) => void;
  hits: number;
  at: number;
  copied: string;
  path: string;
  /** A table has nothing to fold. */
  canFold: boolean;
  canOpenAll: boolean;
  /** Where there is a list of records, how it is read. */
  mode?: ViewMode;
  onMode?: (mode: ViewMode) => void;
  onStep: (direction: -1 | 1) => void;
  onCopyPath: () => void;
  onCopyValue: () => void;
  onOpenAll: () => void;
  onFoldAll: () => void;
}

export function JsonBar(props: Props) {
  const { text, setText, hits, at, copied, path, canFold, canOpenAll, mode, onMode, onStep } = props;
  return (
    <div className="json-bar">
      <label className="json-find">
        <Search size={12} aria-hidden />
        <input
          type="text"
          placeholder="Find"
          aria-label="Find in this value"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") onStep(event.shiftKey ? -1 : 1);
            if (event.key === "Escape") setText("");
          }}
        />
        {text && (
          <span className="json-size" role="status">
            {hits === 0 ? "none" : `${at < 0 ? "" : `${at + 1}/`}${hits}`}
          </span>
        )}
      </label>
      {hits > 0 && (
        <>
          <Tool label="Previous match" act={() => onStep(-1)}>
            <ChevronUp size={13} />
          </Tool>
          <Tool label="Next match" act={() => onStep(1)}>
            <ChevronDown size={13} />
          </Tool>
        </>
      )}
      <code className="json-path" title={path}>
        {copied || path}
      </code>
      <Tool label="Copy path as expression" act={props.onCopyPath}>
        <Route size={13} />
      </Tool>
      <Tool label="Copy value" act={props.onCopyValue}>
        <Copy size={13} />
      </Tool>
      {canFold && canOpenAll && (
        <Tool label="Open all" act={props.onOpenAll}>
          <ChevronsUpDown size={13} />
        </Tool>
      )}
      {canFold && (
        <Tool label="Fold all" act={props.onFoldAll}>
          <ChevronsDownUp size={13} />
        </Tool>
      )}
      {onMode && (
        <div className="json-modes" role="group" aria-label="Read the list as">
          <Tool label="Tree" isOn={mode === "tree"} act={() => onMode("tree")}>
            <ListTree size={13} />
          </Tool>
          <Tool label="Table" isOn={mode === "table"} act={() => onMode("table")}>
            <Table2 size={13} />
          </Tool>
        </div>
      )}
      <span role="status" className="sr-only">
        {copied}
      </span>
    </div>
  );
}

interface ToolProps {
  label: string;
  act: () => void;
  /** Left out for what is no switch. */
  isOn?: boolean;
  children: ReactNode;
}

function Tool({ label, act, isOn, children }: ToolProps) {
  return (
    <button type="button" className="mini" aria-label={label} title={label} aria-pressed={isOn} onClick={act}>
      {children}
    </button>
  );
}
