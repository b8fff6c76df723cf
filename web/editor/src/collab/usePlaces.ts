/** Where this person is, told to the others; and where the one is whom they follow. */
import { useEffect } from "react";
import type { RunId, Seq } from "../api/types";
import { addressOf, go } from "../app/router";
import { soleStep, useSelection } from "../canvas/selection";
import { usePeople } from "./people";

/** Tells of the node, the field, the run and the moment that are looked at. */
export function useTellPlace(run: { id: RunId; seq: Seq | null } | null) {
  const company = usePeople((people) => people.company);
  const node = useSelection(soleStep);
  useEffect(() => {
    if (!company) return;
    let field: string | null = null;
    const tell = () =>
      company.goTo({
        view: run ? "run" : "canvas",
        ...(node !== null && { node }),
        ...(field !== null && { field }),
        ...(run && { run: run.id, ...(run.seq !== null && { seq: run.seq }) }),
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

/** Shows the run and the moment at which the one is who is followed. */
export function useFollowedPlace(workflow: string) {
  const place = usePeople(({ people, following }) => people.find(({ client }) => client === following)?.place);
  const isFollowing = place !== undefined;
  const { run, seq } = place ?? {};
  useEffect(() => {
    if (!isFollowing) return;
    const address = addressOf({
      screen: "workflow",
      id: workflow,
      ...(run !== undefined && { run, ...(seq !== undefined && { seq }) }),
    });
    go(address, "replace");
  }, [isFollowing, workflow, run, seq]);
}
