/** A person as a small round mark; the AI has another shape and a spark. */
import { Sparkles } from "lucide-react";
import type { CSSProperties } from "react";
import type { Peer } from "./peer";
import "./collab.css";

type Looks = Pick<Peer, "color" | "kind" | "initials">;

export function Avatar({ person }: { person: Looks }) {
  return (
    <span
      className="avatar"
      data-kind={person.kind}
      // Drawn, not written: whoever shows an avatar says the name.
      {...(person.kind !== "ai" && { "data-initials": person.initials })}
      style={{ "--person": person.color } as CSSProperties}
      aria-hidden
    >
      {person.kind === "ai" && <Sparkles size={12} />}
    </span>
  );
}
