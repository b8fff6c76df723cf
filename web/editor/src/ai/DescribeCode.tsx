/** Above a code field: a sentence becomes code, which is reviewed like every other proposal. */
import { Sparkles } from "lucide-react";
import { useId, useState } from "react";
import type * as Y from "yjs";
import type { NodeId } from "../api/types";
import { project } from "../document/project";
import { useRun } from "../run/runStore";
import { askForCode } from "./chatStore";
import { hostNow } from "./host";
import { openChat } from "./panelStore";

export function DescribeCode({ doc, node }: { doc: Y.Doc; node: NodeId }) {
  const [sentence, setSentence] = useState("");
  const id = useId();
  const write = () => {
    const host = hostNow();
    if (!sentence.trim() || !host) return;
    openChat();
    const frame = frameOf(node);
    void askForCode({
      workflow: host.workflow,
      draft: project(doc),
      node,
      sentence: sentence.trim(),
      ...(frame && frame),
    });
    setSentence("");
  };
  return (
    <form
      className="describe"
      onSubmit={(event) => {
        event.preventDefault();
        write();
      }}
    >
      <label htmlFor={id} className="field-title">
        Generate
      </label>
      <div className="describe-box">
        <input
          id={id}
          className="field-input"
          placeholder="Describe what this should do…"
          value={sentence}
          onChange={(event) => setSentence(event.target.value)}
        />
        <button type="submit" className="button-plain" disabled={!sentence.trim()}>
          <Sparkles size={13} aria-hidden /> Write
        </button>
      </div>
    </form>
  );
}

/** The newest frame of this node in the run that is shown: its input is what the code is tried on. */
function frameOf(node: NodeId) {
  const { run, watched } = useRun.getState();
  if (!run || !watched) return null;
  const moment = watched.statuses.momentOf(node);
  const opened = moment && moment.frame >= 0 ? watched.timeline.table.opened[moment.frame] : undefined;
  return opened === undefined ? null : { run, frame: opened };
}
