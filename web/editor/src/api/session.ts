/** Who this browser's person is, and what they may do. */
import { get } from "./client";

export interface Session {
  person: { id: string; name: string };
  /** A viewer may look at everything and change nothing. */
  role?: "editor" | "viewer";
}

export const getSession = () => get<Session>("/session");
