import { create } from "zustand";

/** Which window lies over the page. */
export const useOverlay = create<{ open: "none" | "help" | "commands" }>(() => ({ open: "none" }));
export const openOverlay = (open: "none" | "help" | "commands") => useOverlay.setState({ open });
