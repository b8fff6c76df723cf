/** A run: the graph as it was executed, and its timeline. Nothing here can be edited. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Suspense, useCallback, useEffect, useMemo } from "react";
import { Beside } from "../ai/Beside";
import { useAsHost } from "../ai/host";
import { useCatalogue } from "../api/catalogue";
import { useServiceEvents } from "../api/events";
import { getRun, getRunWorkflow } from "../api/runs";
import type { Workflow } from "../api/types";
import { hasWorkflow } from "../api/workflows";
import { select, useSelection, soleStep } from "../canvas/selection";
import { load } from "../document/load";
import type { Opened } from "../document/open";
import { clearRunStatus } from "../run/statusStore";
import { Link } from "../ui/Link";
import { Split } from "../ui/Split";
import { StatusDot } from "../ui/StatusDot";
import { ChatButton } from "./ChatButton";
import { Dock } from "./Dock";
import { Failed } from "./Failed";
import { Header } from "./Header";
import { Middle } from "./Middle";
import { addressOf, go, type Place } from "./router";
import { RunRoom } from "./RunRoom";
import { People } from "./slots";
import { useOpened } from "./useOpened";

type RunPlace = Extract<Place, { screen: "run" }>;

export function RunScreen({ place }: { place: RunPlace }) {
  const { specs, error: noCatalogue } = useCatalogue();
  const run = useQuery({ queryKey: ["run", place.id], queryFn: () => getRun(place.id) });
  const queries = useQueryClient();
  useServiceEvents(["run"], () => void queries.invalidateQueries({ queryKey: ["run", place.id], exact: true }));
  const workflow = useQuery({
    queryKey: ["run", place.id, "workflow"],
    queryFn: () => getRunWorkflow(place.id),
    staleTime: Infinity,
  });
  const opening = useOpened(useKept(workflow.data?.id ?? null));
  const error = noCatalogue ?? run.error ?? workflow.error;
  useEffect(() => clearRunStatus, [place.id]);
  if (error) return <Failed error={error} />;
  return (
    <div className="screen" data-keys-default="timeline canvas">
      <Header title={workflow.data ? `Run of ${workflow.data.name || workflow.data.id}` : "Run"} tools={<Tools />}>
        {run.data && workflow.data && (
          <>
            <Link
              className="workflow-link"
              title="Open the workflow, with this run at hand"
              href={addressOf({
                screen: "workflow",
                id: workflow.data.id,
                run: place.id,
                ...(place.seq !== null && { seq: place.seq }),
              })}
            >
              {workflow.data.name || workflow.data.id}
            </Link>
            <span className="saved">
              <StatusDot status={run.data.status} named />
            </span>
          </>
        )}
      </Header>
      <main className="min-h-0">
        {workflow.data && specs && (
          <Shown
            place={place}
            workflow={workflow.data}
            specs={specs}
            opened={opening.kind === "open" ? opening.opened : null}
          />
        )}
      </main>
    </div>
  );
}

/** The workflow, as long as there is one: a run outlives it, and then nobody else is here. */
function useKept(id: string | null): string | null {
  const { data } = useQuery({
    queryKey: ["workflow", id, "kept"],
    queryFn: () => hasWorkflow(id ?? "").catch(() => false),
    enabled: id !== null,
  });
  return data ? id : null;
}

function Tools() {
  return (
    <>
      <Suspense>
        <People />
      </Suspense>
      <ChatButton />
    </>
  );
}

interface ShownProps {
  place: RunPlace;
  workflow: Workflow;
  specs: NonNullable<ReturnType<typeof useCatalogue>["specs"]>;
  opened: Opened | null;
}

function Shown({ place, workflow, specs, opened }: ShownProps) {
  const doc = useMemo(() => load(workflow, specs), [workflow, specs]);
  const onSeq = useCallback((seq: number | null) => go(addressOf({ ...place, seq }), "replace"), [place]);
  useNodeInAddress(place);
  const run = { id: place.id, seq: place.seq };
  useAsHost({
    workflow: workflow.id,
    doc,
    specs,
    opened: null,
    shared: opened?.doc ?? null,
    run: place.id,
    onRun: null,
  });
  return (
    <Beside>
      <Split
        side="bottom"
        name="dock"
        label="Height of the timeline"
        size={260}
        min={120}
        max={560}
        pane={<Dock run={run} onSeq={onSeq} />}
      >
        <Middle doc={doc} specs={specs} run={run} editable={false}>
          {opened && <RunRoom workflow={workflow.id} run={place.id} opened={opened} />}
        </Middle>
      </Split>
    </Beside>
  );
}

/** The address names the selected node, so that a link opens the same place. */
function useNodeInAddress(place: RunPlace) {
  const { node } = place;
  useEffect(() => {
    if (node !== null && soleStep(useSelection.getState()) !== node) select([node]);
  }, [node]);
  useEffect(
    () =>
      useSelection.subscribe((selection) => {
        const sole = soleStep(selection);
        if (sole !== null && sole !== place.node) go(addressOf({ ...place, node: sole }), "replace");
      }),
    [place],
  );
}
