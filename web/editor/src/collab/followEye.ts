/** The canvas follows a person's view until this person moves. */
import { useReactFlow, useStoreApi } from "@xyflow/react";
import { useEffect } from "react";
import { motionMs } from "../canvas/commands/view";
import type { Company } from "./company";
import type { Eye } from "./peer";
import { follow, usePeople } from "./people";

/** Own hands: whatever is done with them ends following, except what is done to the avatars. */
const HANDS = ["wheel", "pointerdown", "keydown"] as const;

export function useFollowedEye(company: Company) {
  const store = useStoreApi();
  const { setCenter } = useReactFlow();
  const following = usePeople((people) => people.following);
  useEffect(
    () =>
      store.subscribe(({ transform: [x, y, zoom], width, height }) =>
        company.look({ x: (width / 2 - x) / zoom, y: (height / 2 - y) / zoom, zoom: Math.round(zoom * 1000) / 1000 }),
      ),
    [company, store],
  );
  useEffect(() => {
    if (following === null) return;
    let seen: Eye | undefined;
    const look = () => {
      const eye = company.peers.find(({ client }) => client === following)?.place.eye;
      if (!eye || eye === seen) return;
      seen = eye;
      void setCenter(eye.x, eye.y, { zoom: eye.zoom, duration: motionMs() });
    };
    const moved = (event: Event) => {
      const isAvatar = event.target instanceof Element && event.target.closest("[data-people]");
      if (!isAvatar) follow(null);
    };
    look();
    const deafen = company.subscribe(look);
    HANDS.forEach((name) => addEventListener(name, moved, { capture: true, passive: true }));
    return () => {
      deafen();
      HANDS.forEach((name) => removeEventListener(name, moved, { capture: true }));
    };
  }, [company, following, setCenter]);
}
