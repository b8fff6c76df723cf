/** Forks the shown run at the shown moment: what is to differ, what a live fork would send, and then a new run. */
import { useState } from "react";
import type { ExecutionFrame, Json, NodeId, RunDetail, RunId, Seq, Workflow } from "../api/types";
import { addressOf, go } from "../app/router";
import { writeJson, writeJsonOf } from "../lib/exact";
import { Dialog } from "../ui/Dialog";
import { say } from "../ui/say";
import { complain, useRunPanels } from "./actions";
import { forkRun, type ForkPlan, type ForkRequest, getFrame, planFork } from "./api";
import { ForkEdit } from "./ForkEdit";
import { ForkSends } from "./ForkSends";
import { ForkVersion } from "./ForkVersion";
import { currentFrame } from "./moves";
import { useRun, type Watched } from "./runStore";
import { versionChanges } from "./versionChanges";

interface Props {
  watched: Watched;
  detail: RunDetail;
  nameOf: (node: NodeId) => string;
}

export function ForkDialog({ watched, detail, nameOf }: Props) {
  const isOpen = useRunPanels((panels) => panels.isForking);
  const close = () => useRunPanels.setState({ isForking: false });
  return (
    <Dialog
      open={isOpen}
      onClose={close}
      title="Fork here"
      about="Everything up to this moment is shared and not done again. The run it comes from stays as it is."
      wide
    >
      {isOpen && <Form watched={watched} detail={detail} nameOf={nameOf} onClose={close} />}
    </Dialog>
  );
}

/** What is to be done differently. */
export type Change =
  | { kind: "none" }
  | { kind: "input"; node: NodeId; inputs: Record<NodeId, Json> }
  | { kind: "param"; node: NodeId; set: Record<string, Json> };

/** All that a fork is to do differently. */
interface Wanted {
  change: Change;
  /** Another version of the workflow to go on with. */
  version: Workflow | null;
}

/** The event to fork at: before the frame opened, when its own node is to get or to do something else. */
function forkPoint(watched: Watched, seq: Seq, { change, version }: Wanted): Seq {
  const { table } = watched.timeline;
  const frame = currentFrame();
  if (frame < 0) return seq;
  const node = table.node[frame] as NodeId;
  const isChanged = change.kind !== "none" && change.node === node;
  const isOther = version && watched.workflow && versionChanges(watched.workflow, version).changed.includes(node);
  if (!isChanged && !isOther) return seq;
  return Math.max(Math.min(seq, (table.opened[frame] as Seq) - 1), 1);
}

function requestOf(watched: Watched, seq: Seq, wanted: Wanted, live: boolean, name: string): ForkRequest {
  const { change, version } = wanted;
  return {
    seq: forkPoint(watched, seq, wanted),
    live,
    ...(name.trim() && { name: name.trim() }),
    ...(version && { workflow: version }),
    ...(change.kind === "input" && { inputs: change.inputs }),
    ...(change.kind === "param" && { set: change.set }),
  };
}

function Form({ watched, detail, nameOf, onClose }: Props & { onClose: () => void }) {
  const seq = useRun((run) => run.seq);
  const frame = currentFrame();
  const node = frame < 0 ? null : (watched.timeline.table.node[frame] as NodeId);
  const [change, setChange] = useState<Change | null>({ kind: "none" });
  const [version, setVersion] = useState<Workflow | null>(null);
  const [versionCount, setVersionCount] = useState(0);
  const [isLive, setLive] = useState(false);
  const [name, setName] = useState("");
  const request = change && requestOf(watched, seq, { change, version }, isLive, name);
  const { plan, isBusy, showPlan, fork } = useFork(watched.timeline.table.run, request, onClose);
  const choose = (next: Workflow | null) => {
    setVersion(next);
    setVersionCount((count) => count + 1);
    setChange({ kind: "none" });
  };
  const nameIn = (of: NodeId) => version?.graph.nodes.find((each) => each.id === of)?.name ?? nameOf(of);
  return (
    <div className="fork">
      <p className="fork-at">
        At event <b>{request?.seq ?? seq}</b>
        {node !== null && request && request.seq < seq && (
          <> — moved back to before {nameOf(node)}, so that the change takes effect</>
        )}
      </p>
      {watched.workflow && (
        <ForkVersion
          executed={detail.workflow}
          workflow={watched.workflow}
          chosen={version}
          onChoose={choose}
          nameOf={nameIn}
        />
      )}
      <ForkEdit
        // What was changed of one version may not be in another.
        key={versionCount}
        workflow={version ?? watched.workflow}
        node={node}
        nameOf={nameIn}
        inputOf={(of) => heldInput(watched, seq, of)}
        onChange={setChange}
      />
      <Modes isLive={isLive} setLive={setLive} />
      {plan && <ForkSends plan={plan} nameOf={nameIn} />}
      <footer className="fork-foot">
        <label className="fork-name">
          <span className="field-label">Name</span>
          <input
            type="text"
            value={name}
            placeholder="What it tries"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <button type="button" className="button" disabled={isBusy || !request} onClick={showPlan}>
          What would be sent?
        </button>
        <button
          type="button"
          className="button primary"
          disabled={isBusy || !request || (isLive && !plan)}
          title={isLive && !plan ? "See first what would be sent" : undefined}
          onClick={fork}
        >
          {isLive ? "Fork and send" : "Fork"}
        </button>
      </footer>
    </div>
  );
}

/** Plans and makes the fork; a plan holds only for the very changes that it was made for. */
function useFork(run: RunId, request: ForkRequest | null, onClose: () => void) {
  const [planned, setPlanned] = useState<{ of: string; plan: ForkPlan } | null>(null);
  const [isBusy, setBusy] = useState(false);
  const key = writeJson({ ...request, live: true, name: "" });
  const guarded = async (act: () => Promise<void>) => {
    setBusy(true);
    await act().catch(complain);
    setBusy(false);
  };
  const showPlan = () =>
    void guarded(async () => {
      if (request) setPlanned({ of: key, plan: await planFork(run, request) });
    });
  const fork = () =>
    void guarded(async () => {
      if (!request) return;
      const { runId } = await forkRun(run, request);
      onClose();
      say(request.live ? "The fork runs" : "The fork runs dry: nothing is sent");
      go(addressOf({ screen: "run", id: runId, seq: null, node: null, diff: null }));
    });
  return { plan: planned?.of === key ? planned.plan : null, isBusy, showPlan, fork };
}

function Modes({ isLive, setLive }: { isLive: boolean; setLive: (is: boolean) => void }) {
  return (
    <fieldset className="fork-mode">
      <legend className="field-label">How</legend>
      <Mode
        isOn={!isLive}
        choose={() => setLive(false)}
        name="Dry"
        about="Effects are answered from recordings. What has no recording stops and asks. Nothing is sent."
      />
      <Mode isOn={isLive} choose={() => setLive(true)} name="Live" about="What is not recorded is sent, for real." />
    </fieldset>
  );
}

function Mode(props: { isOn: boolean; choose: () => void; name: string; about: string }) {
  return (
    <label className="fork-choice" data-on={props.isOn || undefined}>
      <input type="radio" name="fork-mode" checked={props.isOn} onChange={props.choose} />
      <span>
        <b>{props.name}</b> <span className="text-ink-soft">{props.about}</span>
      </span>
    </label>
  );
}

/** The input that a node had at the moment, whole, as text to be edited. */
async function heldInput(watched: Watched, seq: Seq, node: NodeId): Promise<string> {
  const { table } = watched.timeline;
  let opened = 0;
  for (const place of table.places) {
    if (place.node !== node) continue;
    for (const frame of place.frames) {
      const at = table.opened[frame] as Seq;
      if (at <= seq || opened === 0) opened = Math.max(opened, at);
    }
  }
  if (opened === 0) return "null";
  const frame: ExecutionFrame = await getFrame(table.run, opened, "full");
  return writeJsonOf(frame, "input", 2);
}
