/**
 * What people say to each other about a workflow. It lies in the shared document and is no part of the workflow: versions and
 * runs know nothing of it.
 *
 * - `comments`: id -> map of the thread: what it is `about`, `resolved`, and `messages`: id -> one message, a plain value.
 */
import * as Y from "yjs";
import type { NodeId, RunId, Seq } from "../../api/types";

export type About = { node: NodeId } | { edge: string } | { proposal: string } | { run: RunId; frame: Seq };

export interface Message {
  id: string;
  /** The name that its author gave themselves. */
  by: string;
  at: string;
  text: string;
}

export interface Thread {
  id: string;
  about: About;
  /** Who closed it; null while it is open. */
  resolved: { by: string; at: string } | null;
  messages: Message[];
}

export const TEXT_MAX = 4000;

const rootOf = (doc: Y.Doc): Y.Map<unknown> => doc.getMap("comments");

/** The origin of what is said: it is no edit of the workflow, and undo passes over it. */
export class Said {
  readonly isSaid = true;
}

const say = (doc: Y.Doc, change: () => void) => doc.transact(change, new Said());
const someId = () => crypto.getRandomValues(new Uint32Array(2)).reduce((id, part) => id + part.toString(36), "");

type Saying = Pick<Message, "by" | "text">;

/** Begins a thread; its id, or null when nothing was said. */
export function beginThread(doc: Y.Doc, about: About, saying: Saying): string | null {
  if (!saying.text.trim()) return null;
  const id = someId();
  say(doc, () => {
    const thread = new Y.Map<unknown>();
    const messages = new Y.Map<unknown>();
    thread.set("about", about);
    thread.set("messages", messages);
    rootOf(doc).set(id, thread);
    messages.set(someId(), messageOf(saying));
  });
  return id;
}

/** Answers in a thread, which is open again then. */
export function reply(doc: Y.Doc, id: string, saying: Saying) {
  const thread = rootOf(doc).get(id);
  const messages = thread instanceof Y.Map ? thread.get("messages") : null;
  if (!(thread instanceof Y.Map) || !(messages instanceof Y.Map) || !saying.text.trim()) return;
  say(doc, () => {
    messages.set(someId(), messageOf(saying));
    thread.delete("resolved");
  });
}

export function resolve(doc: Y.Doc, id: string, by: string | null) {
  const thread = rootOf(doc).get(id);
  if (!(thread instanceof Y.Map)) return;
  say(doc, () =>
    by === null ? thread.delete("resolved") : void thread.set("resolved", { by, at: new Date().toISOString() }),
  );
}

/** Takes a message back; the thread goes with its last one. */
export function takeBack(doc: Y.Doc, id: string, message: string) {
  const thread = rootOf(doc).get(id);
  const messages = thread instanceof Y.Map ? thread.get("messages") : null;
  if (!(messages instanceof Y.Map)) return;
  say(doc, () => {
    messages.delete(message);
    if (messages.size === 0) rootOf(doc).delete(id);
  });
}

const messageOf = ({ by, text }: Saying) => ({
  by,
  text: text.trim().slice(0, TEXT_MAX),
  at: new Date().toISOString(),
});

/** All threads, the oldest first. What has not the shape of one is passed over. */
export function threadsOf(doc: Y.Doc): Thread[] {
  const threads = [...rootOf(doc)].flatMap(([id, entry]) => {
    if (!(entry instanceof Y.Map)) return [];
    const about = aboutOf(entry.get("about"));
    const list = entry.get("messages");
    const messages = list instanceof Y.Map ? [...list].flatMap(([key, value]) => shown(key, value)) : [];
    if (!about || messages.length === 0) return [];
    messages.sort(byTime);
    const [closed] = shown("", {
      text: "",
      ...(isRecord(entry.get("resolved")) ? (entry.get("resolved") as object) : {}),
    });
    return [{ id, about, resolved: closed ? { by: closed.by, at: closed.at } : null, messages }];
  });
  return threads.sort((a, b) => byTime(a.messages[0] as Message, b.messages[0] as Message));
}

const byTime = (a: Message, b: Message) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1);

function shown(id: string, value: unknown): Message[] {
  if (!isRecord(value)) return [];
  const { by, at, text } = value;
  if (typeof by !== "string" || typeof at !== "string" || typeof text !== "string") return [];
  return [{ id, by: by.slice(0, 60), at, text: text.slice(0, TEXT_MAX) }];
}

function aboutOf(value: unknown): About | null {
  if (!isRecord(value)) return null;
  const { node, edge, proposal, run, frame } = value;
  if (typeof node === "string") return { node };
  if (typeof edge === "string") return { edge };
  if (typeof proposal === "string") return { proposal };
  return typeof run === "string" && typeof frame === "number" ? { run, frame } : null;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !(value instanceof Y.AbstractType);

/** Whether somebody is named in it. */
export const mentions = ({ messages }: Thread, name: string): boolean =>
  messages.some(({ text }) => piecesOf(text, [name]).some(({ isMention }) => isMention));

/** A text in pieces: what is a mention of somebody known, and what is not. */
export function piecesOf(text: string, names: readonly string[]): { text: string; isMention: boolean }[] {
  const pieces: { text: string; isMention: boolean }[] = [];
  const longestFirst = names.filter(Boolean).sort((a, b) => b.length - a.length);
  let plain = "";
  for (let at = 0; at < text.length;) {
    const found = text[at] === "@" && longestFirst.find((name) => startsWith(text, at + 1, name));
    if (!found) {
      plain += text[at++];
      continue;
    }
    if (plain) pieces.push({ text: plain, isMention: false });
    plain = "";
    pieces.push({ text: text.slice(at, at + 1 + found.length), isMention: true });
    at += 1 + found.length;
  }
  if (plain) pieces.push({ text: plain, isMention: false });
  return pieces;
}

function startsWith(text: string, at: number, name: string): boolean {
  const end = at + name.length;
  return text.slice(at, end).toLowerCase() === name.toLowerCase() && !/[\p{L}\p{N}]/u.test(text[end] ?? "");
}
