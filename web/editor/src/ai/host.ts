/** The screen that the AI panel stands on: which workflow, its document when it can be edited, which run. */
import { useEffect } from "react";
import { create } from "zustand";
import type * as Y from "yjs";
import type { RunId } from "../api/types";
import type { Specs } from "../document/load";
import type { Opened } from "../document/open";

export interface Host {
  workflow: string;
  doc: Y.Doc;
  specs: Specs;
  /** Null on a screen that only shows a run. */
  opened: Opened | null;
  /** The shared document, in which people also talk about runs; null when there is none yet, or no more. */
  shared: Y.Doc | null;
  run: RunId | null;
  /** Shows a run on this screen. */
  onRun: ((run: RunId) => void) | null;
}

export const useHost = create<{ host: Host | null }>(() => ({ host: null }));

/** Where people talk about what is on the screen. */
export const useSharedDoc = (): Y.Doc | null => useHost(({ host }) => host?.shared ?? null);

export const hostNow = (): Host | null => useHost.getState().host;

export function useAsHost({ workflow, doc, specs, opened, shared, run, onRun }: Host) {
  useEffect(() => {
    useHost.setState({ host: { workflow, doc, specs, opened, shared, run, onRun } });
  }, [workflow, doc, specs, opened, shared, run, onRun]);
  useEffect(() => () => useHost.setState({ host: null }), []);
}
