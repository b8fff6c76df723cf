/** What a waiting run wants of a person: a yes or no, a value, or another attempt. */
import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useMayEdit } from "../api/session";
import type { Json, NodeId, RunDetail } from "../api/types";
import { oneLine } from "../lib/words";
import { complain } from "./actions";
import { getFrame, retryRun, signalRun } from "./api";
import { parseJson } from "./parse";
import { refreshDetail, useRun } from "./runStore";

type Wait = RunDetail["waits"][number];

interface Props {
  detail: RunDetail;
  nameOf: (node: NodeId) => string;
  onNode: (node: NodeId) => void;
}

export function WaitForm({ detail, nameOf, onNode }: Props) {
  const mayEdit = useMayEdit();
  if (detail.waits.length === 0) return null;
  return (
    <section className="run-waits" aria-label="The run waits">
      <fieldset className="contents" disabled={!mayEdit}>
        {detail.waits.map((wait) => (
          <OneWait key={wait.frame} run={detail.run} name={nameOf(wait.nodeId)} wait={wait} onNode={onNode} />
        ))}
      </fieldset>
    </section>
  );
}

interface OneProps {
  run: string;
  name: string;
  wait: Wait;
  onNode: (node: NodeId) => void;
}

function OneWait({ run, name, wait, onNode }: OneProps) {
  const { data } = useQuery({
    queryKey: ["wait", run, wait.frame],
    queryFn: () => getFrame(run, wait.frame),
  });
  const type = useRun((state) => state.watched?.workflow?.graph.nodes.find((node) => node.id === wait.nodeId)?.type);
  const [isBusy, setBusy] = useState(false);
  const request = data?.effects.findLast((effect) => effect.kind === "signal")?.request as
    Record<string, Json> | undefined;
  const answer = async (act: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await act();
      await refreshDetail(run);
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  const send = (value: Json) => void answer(() => signalRun(run, value, wait.nodeId));
  const message = wait.message ?? request?.["message"];
  return (
    <div className="run-wait">
      <p>
        <button
          type="button"
          className="run-frame-node"
          title="Show it on the canvas"
          onClick={() => onNode(wait.nodeId)}
        >
          {name}
        </button>{" "}
        {wait.reason === "signal" ? (
          <b>{oneLine(message ?? "waits for a value", 200)}</b>
        ) : (
          "failed, and waits for another attempt"
        )}
        {request?.["details"] !== undefined && (
          <span className="text-ink-soft"> {oneLine(request["details"], 120)}</span>
        )}
      </p>
      {wait.reason !== "signal" ? (
        <button
          type="button"
          className="button"
          disabled={isBusy}
          onClick={() => void answer(() => retryRun(run, wait.nodeId))}
        >
          Try again
        </button>
      ) : type === "flow.approve" ? (
        <Decision isBusy={isBusy} send={send} />
      ) : (
        <ValueToSend isBusy={isBusy} send={send} />
      )}
    </div>
  );
}

interface SendProps {
  isBusy: boolean;
  send: (value: Json) => void;
}

function Decision({ isBusy, send }: SendProps) {
  const [comment, setComment] = useState("");
  const decide = (approved: boolean) => send({ approved, ...(comment.trim() && { comment: comment.trim() }) });
  return (
    <div className="run-decide">
      <input
        type="text"
        aria-label="Comment"
        placeholder="Comment, if you like"
        value={comment}
        onChange={(event) => setComment(event.target.value)}
      />
      <button type="button" className="button primary" disabled={isBusy} onClick={() => decide(true)}>
        Approve
      </button>
      <button type="button" className="button danger" disabled={isBusy} onClick={() => decide(false)}>
        Reject
      </button>
    </div>
  );
}

function ValueToSend({ isBusy, send }: SendProps) {
  const [text, setText] = useState("{}");
  const value = parseJson(text);
  return (
    <div className="run-decide">
      <input
        type="text"
        aria-label="Value to send, as JSON"
        aria-invalid={value === undefined}
        className="font-mono"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button
        type="button"
        className="button primary"
        disabled={isBusy || value === undefined}
        onClick={() => value !== undefined && send(value)}
      >
        Send
      </button>
    </div>
  );
}
