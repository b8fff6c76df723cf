/** The windows over the page. They are read when first opened. */
import { lazy, Suspense } from "react";
import { openOverlay, useOverlay } from "./overlays";

const Help = lazy(async () => ({ default: (await import("./Help")).Help }));
const Commands = lazy(async () => ({ default: (await import("./Commands")).Commands }));
const close = () => openOverlay("none");

export function Overlays() {
  const open = useOverlay((store) => store.open);
  return (
    <Suspense>
      {open === "help" && <Help open onClose={close} />}
      {open === "commands" && <Commands onClose={close} />}
    </Suspense>
  );
}
