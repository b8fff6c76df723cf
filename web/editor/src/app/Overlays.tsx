/** The windows over the page. They are not in the first load. */
import { lazy, Suspense, useEffect } from "react";
import { openOverlay, useOverlay } from "./overlays";

const readHelp = () => import("./Help");
const readCommands = () => import("./Commands");
const Help = lazy(async () => ({ default: (await readHelp()).Help }));
const Commands = lazy(async () => ({ default: (await readCommands()).Commands }));
const close = () => openOverlay("none");

/** Reads them once the page has nothing else to do, so that no key that is typed into them comes too early. */
function useReadAhead() {
  useEffect(() => {
    const timer = setTimeout(() => void Promise.all([readHelp(), readCommands()]), 1500);
    return () => clearTimeout(timer);
  }, []);
}

export function Overlays() {
  useReadAhead();
  const open = useOverlay((store) => store.open);
  return (
    <Suspense>
      {open === "help" && <Help open onClose={close} />}
      {open === "commands" && <Commands onClose={close} />}
    </Suspense>
  );
}
