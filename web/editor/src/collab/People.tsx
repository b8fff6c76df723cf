/** Who is here, in the header: each can be followed; oneself can be renamed and hidden. */
import { EyeOff, UserPlus } from "lucide-react";
import { Popover } from "radix-ui";
import { lazy, Suspense, useEffect, useState } from "react";
import { useMayInvite } from "../api/session";
import { usePlace } from "../app/router";
import { useMedia } from "../ui/useMedia";
import { Avatar } from "./Avatar";
import type { Company } from "./company";
import { hide, rename, useMe } from "./me";
import { initialsOf, NAME_MAX, type Peer } from "./peer";
import { follow, usePeople } from "./people";
import { useNodeNames, whereabouts } from "./whereabouts";

const InviteWindow = lazy(async () => ({ default: (await import("./InviteWindow")).InviteWindow }));

const NARROW = "(max-width: 1180px)";

export function People() {
  const { company, people, following } = usePeople();
  // As many avatars as the head of the page has room for.
  const room = useMedia(NARROW) ? 1 : 3;
  if (!company) return null;
  return (
    <div className="people" role="group" aria-label="People here" data-people>
      {people.slice(0, room).map((peer) => (
        <Other key={peer.client} peer={peer} isFollowed={following === peer.client} />
      ))}
      {people.length > room && <More people={people} hidden={people.length - room} following={following} />}
      <Me company={company} />
      <Following people={people} following={following} />
    </div>
  );
}

function Other({ peer, isFollowed }: { peer: Peer; isFollowed: boolean }) {
  const words = `${isFollowed ? "Stop following" : "Follow"} ${peer.name}`;
  return (
    <button
      type="button"
      className="person"
      aria-pressed={isFollowed}
      aria-label={words}
      title={`${[peer.name, useWhereabouts(peer)].filter(Boolean).join(" ")}. ${words}`}
      onClick={() => follow(isFollowed ? null : peer.client)}
    >
      <Avatar person={peer} />
    </button>
  );
}

function useWhereabouts(peer: Peer): string {
  const nameOf = useNodeNames();
  const place = usePlace();
  const run = place.screen === "run" ? place.id : place.screen === "workflow" ? place.run : undefined;
  return whereabouts(peer, nameOf, run);
}

interface MoreProps {
  people: readonly Peer[];
  hidden: number;
  following: number | null;
}

function More({ people, hidden, following }: MoreProps) {
  return (
    <Popover.Root>
      <Popover.Trigger className="person people-more" aria-label={`+${hidden}: all ${people.length} people`}>
        +{hidden}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover people-list"
          sideOffset={8}
          align="end"
          aria-label="People here"
          data-people
        >
          <ul>
            {people.map((peer) => (
              <li key={peer.client}>
                <button
                  type="button"
                  aria-pressed={following === peer.client}
                  onClick={() => follow(following === peer.client ? null : peer.client)}
                >
                  <Avatar person={peer} />
                  <span>
                    {peer.name}
                    <Where peer={peer} />
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Where({ peer }: { peer: Peer }) {
  return <span className="person-where">{useWhereabouts(peer)}</span>;
}

function Me({ company }: { company: Company }) {
  const { isHidden } = useMe();
  const { name, color } = company;
  const mayInvite = useMayInvite();
  const [isOpen, setOpen] = useState(false);
  const [isInviting, setInviting] = useState(false);
  const invite = () => {
    setOpen(false);
    setInviting(true);
  };
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger
        className="person me"
        data-hidden={isHidden || undefined}
        aria-label={isHidden ? `You, ${name}, hidden` : `You, ${name}`}
        title={isHidden ? "You are hidden" : `You, ${name}`}
      >
        {isHidden ? (
          <EyeOff size={14} aria-hidden />
        ) : (
          <Avatar person={{ color, kind: "person", initials: initialsOf(name) }} />
        )}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover people-me" sideOffset={8} align="end" aria-label="You, to the others">
          <NameField name={name} />
          <label className="people-hide">
            <input type="checkbox" checked={isHidden} onChange={(event) => hide(event.target.checked)} />
            Hide me
          </label>
          <p className="text-ink-soft">
            Hidden, the others do not see where you are. What you change is still known as yours.
          </p>
          {mayInvite && (
            <button type="button" className="button" onClick={invite}>
              <UserPlus size={14} aria-hidden /> Invite…
            </button>
          )}
        </Popover.Content>
      </Popover.Portal>
      {isInviting && (
        <Suspense>
          <InviteWindow onClose={() => setInviting(false)} />
        </Suspense>
      )}
    </Popover.Root>
  );
}

function NameField({ name }: { name: string }) {
  const [text, setText] = useState(name);
  return (
    <label className="people-name">
      Your name
      <input
        className="field-input"
        value={text}
        maxLength={NAME_MAX}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => rename(text)}
        onKeyDown={(event) => event.key === "Enter" && rename(text)}
      />
    </label>
  );
}

/** Says whose view is shown, and how to leave it. */
function Following({ people, following }: { people: readonly Peer[]; following: number | null }) {
  const peer = people.find(({ client }) => client === following);
  useEffect(() => {
    if (!peer) return;
    document.documentElement.style.setProperty("--followed", peer.color);
    document.documentElement.dataset["following"] = "";
    return () => {
      delete document.documentElement.dataset["following"];
    };
  }, [peer]);
  return (
    <span className="sr-only" role="status">
      {peer && `You follow ${peer.name} until you move`}
    </span>
  );
}
