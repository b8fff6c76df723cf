import { create } from "zustand";
import type { NodeId } from "../api/types";

/** The node whose title is being written. */
export const useRenaming = create<{ id: NodeId | null }>(() => ({ id: null }));
export const startRenaming = (id: NodeId) => useRenaming.setState({ id });
export const endRenaming = () => useRenaming.setState({ id: null });
