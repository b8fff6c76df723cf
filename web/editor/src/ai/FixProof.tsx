/** What the replays of a fix showed: mended failures, kept outputs, and each output that would be another one. */
import { useState } from "react";
import { addressOf } from "../app/router";
import { Link } from "../ui/Link";
import { duration } from "../lib/words";
import { LazyTextDiff } from "./LazyTextDiff";
import type { ChangedOutput, Count, Proposal } from "./types";

export function FixProof({ fix }: { fix: Proposal }) {
  const [isOpen, setOpen] = useState(false);
  if (!fix.evidence) return null;
  const { fixes, keeps, downstream, changes, tookMs } = fix.evidence;
  return (
    <div className="ai-proof">
      <table aria-label={`Proof, by replays in ${duration(tookMs)}`}>
        <tbody>
          <Row name="fixes" count={fixes} about="failing frames, replayed on their recordings" />
          <Row name="keeps" count={keeps} about="good frames of this node" />
          {downstream.of > 0 && <Row name="downstream" count={downstream} about="frames after it, as they were" />}
          <tr data-good={changes.length === 0}>
            <th scope="row">changes</th>
            <td>
              {changes.length}{" "}
              {changes.length > 0 && (
                <button type="button" className="ai-link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
                  {isOpen ? "hide" : "see"}
                </button>
              )}
            </td>
            <td className="ai-quiet">outputs that would be other ones</td>
          </tr>
        </tbody>
      </table>
      {isOpen && changes.map((change) => <Changed key={`${change.run} ${change.frame}`} change={change} />)}
    </div>
  );
}

function Row({ name, count: { did, of }, about }: { name: string; count: Count; about: string }) {
  return (
    <tr data-good={did === of}>
      <th scope="row">{name}</th>
      <td>
        {did}/{of}
      </td>
      <td className="ai-quiet">{about}</td>
    </tr>
  );
}

function Changed({ change: { run, frame, nodeId, recorded, replayed } }: { change: ChangedOutput }) {
  return (
    <div className="ai-changed-output">
      <p className="ai-quiet">
        <Link href={addressOf({ screen: "run", id: run, seq: frame, node: nodeId, diff: null })}>
          {run.slice(-6)}:{frame}
        </Link>{" "}
        {nodeId}, recorded and replayed
      </p>
      <LazyTextDiff before={pretty(recorded)} after={pretty(replayed)} />
    </div>
  );
}

/** JSON over several lines, unless it was cut. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
