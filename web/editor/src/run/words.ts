/**
 * What models are saying to the nodes of a run while it goes on. These words are no events and are kept nowhere: the whole
 * answer is recorded when it is there, and they go.
 */
import { create } from "zustand";
import type { NodeId, Seq } from "../api/types";
import type { Recorded } from "./live";

/** A piece of the answer to one of a frame's effects. */
export interface Piece {
  frame: Seq;
  ordinal: number;
  text: string;
}

interface Said {
  ordinal: number;
  text: string;
  node: NodeId | null;
}

interface Words {
  byFrame: Readonly<Record<Seq, Said>>;
}

/** Of an answer, its end is shown. */
const TEXT_MAX = 32 * 1024;
/** What fits on a node. */
const TAIL_MAX = 60;

const useWords = create<Words>(() => ({ byFrame: {} }));
const { getState, setState } = useWords;

let pieces: Piece[] = [];
let drawing = 0;

/** Takes a piece; at most once a drawn picture, what came is shown. `nodeOf` knows whose frame it is, once it was heard of. */
export function hearPiece(piece: Piece, nodeOf: (frame: Seq) => NodeId | null): void {
  pieces.push(piece);
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    const heard = pieces;
    pieces = [];
    setState(({ byFrame }) => ({ byFrame: heard.reduce((all, each) => withPiece(all, each, nodeOf), byFrame) }));
  });
}

function withPiece(
  byFrame: Words["byFrame"],
  { frame, ordinal, text }: Piece,
  nodeOf: (frame: Seq) => NodeId | null,
): Words["byFrame"] {
  const before = byFrame[frame];
  // The next question of the frame has an answer of its own.
  const said = before?.ordinal === ordinal ? before.text + text : text;
  return { ...byFrame, [frame]: { ordinal, text: said.slice(-TEXT_MAX), node: before?.node ?? nodeOf(frame) } };
}

/** What is recorded need not be overheard any more. */
export function forgetRecorded({ event }: Recorded): void {
  if (event.type === "runClosed") forgetWords();
  if (event.type === "frameClosed") forget(event.frame, null);
  if (event.type === "effectAnswered") forget(event.frame, event.ordinal);
}

function forget(frame: Seq, ordinal: number | null): void {
  const isIt = (piece: { ordinal: number }) => ordinal === null || piece.ordinal === ordinal;
  pieces = pieces.filter((piece) => piece.frame !== frame || !isIt(piece));
  const { byFrame } = getState();
  const said = byFrame[frame];
  if (!said || !isIt(said)) return;
  const { [frame]: _, ...others } = byFrame;
  setState({ byFrame: others });
}

export function forgetWords(): void {
  cancelAnimationFrame(drawing);
  drawing = 0;
  pieces = [];
  setState({ byFrame: {} });
}

/** What is being said to a frame so far. */
export const useWordsOf = (frame: Seq): string | null => useWords(({ byFrame }) => byFrame[frame]?.text ?? null);

/** The last words that were said to a node, on one line. */
export const useLastWords = (node: NodeId): string | null =>
  useWords(({ byFrame }) => {
    const said = Object.values(byFrame).findLast((each) => each.node === node);
    return said ? tailOf(said.text) : null;
  });

export function tailOf(text: string): string {
  const line = text
    .slice(-4 * TAIL_MAX)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > TAIL_MAX ? `…${line.slice(-TAIL_MAX)}` : line;
}
