/** What this person is called in a room, kept in this browser. */
import { create } from "zustand";
import { persist } from "zustand/middleware";
import { NAME_MAX } from "./peer";

interface Me {
  /** Empty: as the service calls them. */
  name: string;
  /** Others do not see where this person is. */
  isHidden: boolean;
}

export const useMe = create<Me>()(persist((): Me => ({ name: "", isHidden: false }), { name: "flowforge/me" }));

export const rename = (name: string) => useMe.setState({ name: name.trim().slice(0, NAME_MAX) });
export const hide = (isHidden: boolean) => useMe.setState({ isHidden });
