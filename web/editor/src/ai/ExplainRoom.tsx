/** A workflow, a frame or the difference of two runs in words. Each sentence leads to what it is about. */
import { useQuery } from "@tanstack/react-query";
import { addressOf, go } from "../app/router";
import { showNode } from "../app/showNode";
import { project } from "../document/project";
import { goTo, lookAt, useRun } from "../run/runStore";
import { explain, type ExplainRequest } from "./api";
import type { Host } from "./host";
import { useAi, type About } from "./panelStore";
import { Receipts } from "./Receipts";
import type { Sentence } from "./types";
import { visible } from "./words";

const SUBJECTS: Record<About["kind"], string> = {
  workflow: "This workflow",
  frame: "This frame",
  comparison: "What differs between the two runs",
};

export function ExplainRoom({ host }: { host: Host }) {
  const wanted = useAi((panel) => panel.about);
  const asked = useAi((panel) => panel.asked);
  const about = wanted ?? { kind: "workflow" };
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["explain", host.workflow, about, asked],
    queryFn: ({ signal }) => explain(requestOf(about, host), signal),
    staleTime: Infinity,
    retry: false,
  });
  return (
    <div className="ai-room" tabIndex={0} data-first role="region" aria-label="Explanation" aria-busy={isFetching}>
      <h3 className="ai-subhead">{SUBJECTS[about.kind]}</h3>
      {isFetching && <p className="ai-quiet">Reading…</p>}
      {error && (
        <div className="ai-problem" role="alert">
          <p>{visible(error.message)}</p>
          <button type="button" className="button" onClick={() => void refetch()}>
            Try again
          </button>
        </div>
      )}
      {data && (
        <>
          <ul className="ai-sentences">
            {data.sentences.map((sentence, at) => (
              <li key={at}>
                <SentenceView sentence={sentence} />
              </li>
            ))}
          </ul>
          <Receipts receipts={data.receipt ? [data.receipt] : []} by={data.by} />
        </>
      )}
    </div>
  );
}

function requestOf(about: About, { workflow, opened }: Host): ExplainRequest {
  switch (about.kind) {
    case "workflow":
      return { workflow, ...(opened && { draft: project(opened.doc) }) };
    case "frame":
      return { run: about.run, frame: about.frame };
    case "comparison":
      return { diff: { a: about.a, b: about.b } };
  }
}

function SentenceView({ sentence: { text, about } }: { sentence: Sentence }) {
  const words = visible(text);
  if (!about || (!about.node && !about.frame)) return <p>{words}</p>;
  return (
    <button type="button" className="ai-sentence" onClick={() => showSubject(about)}>
      {words}
    </button>
  );
}

/** Leads to the frame when one is named, else to the node. */
function showSubject({ node, run, frame }: NonNullable<Sentence["about"]>) {
  const shown = useRun.getState().run;
  if (frame && (run ?? shown)) {
    if ((run ?? shown) !== shown) {
      return go(addressOf({ screen: "run", id: (run ?? shown) as string, seq: frame, node: node ?? null, diff: null }));
    }
    goTo(frame);
  }
  if (node) {
    showNode(node);
    if (frame) lookAt(node);
  }
}
