/** Where this person is, told to the others; and where the one is whom they follow. */
import { useEffect } from "react";
import type { RunId } from "../api/types";
import { addressOf, go } from "../app/router";
import { soleStep, useSelection } from "../canvas/selection";
import { usePeople } from "./people";

/** Tells of the node, the field and the run that are looked at; of its moment the run itself tells. */
export function useTellPlace(run: RunId | null) {
  const company = usePeople((people) => people.company);
  const node = useSelection(soleStep);
  useEffect(() => {
    if (!company) return;
    let field: string | null = null;
    const tell = () =>
      company.goTo({
        view: run === null ? "canvas" : "run",
        ...(node !== null && { node }),
        ...(field !== null && { field }),
        ...(run !== null && { run }),
      });
    const focus = ({ target }: FocusEvent) => {
      const row = target instanceof Element ? target.closest<HTMLElement>(".inspector [data-pointer]") : null;
      const now = row?.dataset["pointer"] ?? null;
      if (now === field) return;
      field = now;
      tell();
    };
    tell();
    addEventListener("focusin", focus);
    return () => removeEventListener("focusin", focus);
  }, [company, node, run]);
}

/** Shows the run and the moment at which the one is who is followed; a run's own page stays one as long as it can. */
export function useFollowedPlace(workflow: string, screen: "workflow" | "run" = "workflow") {
  const place = usePeople(({ people, following }) => people.find(({ client }) => client === following)?.place);
  const isFollowing = place !== undefined;
  const { run, seq } = place ?? {};
  useEffect(() => {
    if (!isFollowing) return;
    const address =
      run !== undefined && screen === "run"
        ? addressOf({ screen, id: run, seq: seq ?? null, node: null, diff: null })
        : addressOf({
            screen: "workflow",
            id: workflow,
            ...(run !== undefined && { run, ...(seq !== undefined && { seq }) }),
          });
    go(address, "replace");
  }, [isFollowing, workflow, screen, run, seq]);
}
