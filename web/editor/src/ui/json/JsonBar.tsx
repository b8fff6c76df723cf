/** What can be done with the value that is shown: find in it, copy from it, open and fold all. */
import { ChevronDown, ChevronsDownUp, ChevronsUpDown, ChevronUp, Copy, Route, Search } from "lucide-react";
import type { ReactNode } from "react";

interface Props {
  text: string;
  setText: (text: string) => void;
  hits: number;
  at: number;
  copied: string;
  path: string;
  canOpenAll: boolean;
  onStep: (direction: -1 | 1) => void;
  onCopyPath: () => void;
  onCopyValue: () => void;
  onOpenAll: () => void;
  onFoldAll: () => void;
}

export function JsonBar(props: Props) {
  const { text, setText, hits, at, copied, path, canOpenAll, onStep } = props;
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
      {canOpenAll && (
        <Tool label="Open all" act={props.onOpenAll}>
          <ChevronsUpDown size={13} />
        </Tool>
      )}
      <Tool label="Fold all" act={props.onFoldAll}>
        <ChevronsDownUp size={13} />
      </Tool>
      <span role="status" className="sr-only">
        {copied}
      </span>
    </div>
  );
}

function Tool({ label, act, children }: { label: string; act: () => void; children: ReactNode }) {
  return (
    <button type="button" className="mini" aria-label={label} title={label} onClick={act}>
      {children}
    </button>
  );
}
