/** Who this browser's person is, and what they may do. */
import { create } from "zustand";
import { get, post } from "./client";

/** A viewer may look at everything and change nothing. */
export type Right = "editor" | "viewer";

export interface Session {
  person: { id: string; name: string };
  right: Right;
}

export const getSession = () => get<Session>("/session");

/** What this person may do. As long as nobody knows, it is everything: the service refuses by itself. */
const useRight = create<{ right: Right; person: string }>(() => ({ right: "editor", person: "owner" }));

/** Asks the service anew; null when it does not answer. */
export async function heedRight(): Promise<Right | null> {
  const session = await getSession().catch(() => null);
  if (session) useRight.setState({ right: session.right, person: session.person.id });
  return session?.right ?? null;
}

export const useMayEdit = (): boolean => useRight(({ right }) => right !== "viewer");
/** Only the owner lets others in; so does whoever holds a token of theirs. */
export const useMayInvite = (): boolean => useRight(({ right, person }) => right !== "viewer" && person === "owner");
export const mayEdit = (): boolean => useRight.getState().right !== "viewer";

/** A link that lets one other browser in, once, and leads to this page of the editor. */
export const invite = async (name: string, right: Right, to: string): Promise<string> =>
  (await post<{ link: string }>("/invitations", { name, right, to })).link;
