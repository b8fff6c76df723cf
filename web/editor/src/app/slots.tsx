/** The rooms beside the canvas. Each is a chunk of its own, read when it is first shown. */
import { lazy, type ComponentType } from "react";

export const Inspector = lazy(async () => ({ default: (await import("../panel/Inspector")).Inspector }));
export const RunDock = lazy(async () => ({ default: (await import("../run/RunDock")).RunDock }));
// In the inspector's chunk, with all of the forms: a chunk of its own would put what both share into the first load.
export const InputForm = lazy(async () => ({ default: (await import("../panel/Inspector")).InputForm }));

export const AiSettings = lazy(async () => ({ default: (await import("../ai/AiSettings")).AiSettings }));

type Screen = ComponentType | null;

const screens = import.meta.glob<Record<string, ComponentType>>([
  "../lists/RunsScreen.tsx",
  "../lists/DashboardScreen.tsx",
]);

function screen(name: string): Screen {
  const read = screens[`../lists/${name}.tsx`];
  return read ? lazy(async () => ({ default: (await read())[name] as ComponentType })) : null;
}

export const RunsScreen = screen("RunsScreen");
export const DashboardScreen = screen("DashboardScreen");
