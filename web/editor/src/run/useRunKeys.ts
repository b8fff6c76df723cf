/** The keys of the timeline, as long as a run is shown. What each key is called is said in `app/keys`. */
import { useMayEdit } from "../api/session";
import { useKeys } from "../app/keys";
import { comparePrevious, openForkDialog, pinOutput } from "./actions";
import { step, stepAttempt, stepFailure, toEnd, togglePlay, toStart } from "./moves";

export function useRunKeys(): void {
  const mayEdit = useMayEdit();
  useKeys({
    previousFrame: () => step(-1),
    nextFrame: () => step(1),
    previousAttempt: () => stepAttempt(-1),
    nextAttempt: () => stepAttempt(1),
    firstFrame: toStart,
    lastFrame: toEnd,
    previousFailure: () => stepFailure(-1),
    nextFailure: () => stepFailure(1),
    play: togglePlay,
    compare: () => void comparePrevious(),
    ...(mayEdit && { fork: openForkDialog, pin: () => void pinOutput() }),
  });
}
