/** Copies of nodes: to the clipboard, from it, and at once. */
import type * as Y from "yjs";
import type { Position } from "../../api/types";
import { edit } from "../../document/edit";
import { paste } from "../../document/edits";
import type { Specs } from "../../document/load";
import { copy, parseClip, type Clip } from "../../document/paste";
import { say } from "../../ui/say";
import { loopAt, stepBoxes, within } from "../boxes";
import { noteFlowId } from "../flowTypes";
import { onScreen } from "../onScreen";
import { selectedNotes, selectedSteps } from "../selection";
import { settle } from "../settle";
import { GRID } from "../size";
import { show, type Flow } from "./view";

/** How far a copy lands from what was copied. */
const BESIDE = { x: GRID * 4, y: GRID * 4 };

export function clips(doc: Y.Doc, specs: Specs, flow: Flow) {
  const clip = (): Clip | null => {
    const found = copy(doc, selectedSteps(), selectedNotes());
    return found.nodes.length + (found.notes?.length ?? 0) > 0 ? placed(found, flow) : null;
  };
  const put = (found: Clip, by: Position, parent: string | null, label: string) => {
    const made = edit(doc, label, () => {
      settle(doc, flow.nodes());
      return paste(doc, found, { specs, by, parent });
    });
    const copied = new Set(found.nodes.map((node) => node.id));
    const topmost = made.nodes.filter((_, at) => !copied.has(found.nodes[at]?.parent ?? ""));
    show([...topmost, ...made.notes.map(noteFlowId)]);
  };
  return {
    clip,
    duplicate: () => {
      const found = clip();
      if (found) put(found, BESIDE, soleParent(found), "Duplicate");
    },
    /** Where the pointer is; without a pointer a little beside the original. */
    pasteText: (text: string) => {
      const found = parseClip(text);
      if (!found) return say("The clipboard holds no nodes.");
      const at = onScreen.pointer && flow.screenToFlowPosition(onScreen.pointer);
      const corner = cornerOf(found);
      if (!at || !corner) return put(found, BESIDE, null, "Paste");
      const holder = loopAt(stepBoxes(flow.nodes()), at);
      const inside = within(at, holder);
      put(found, { x: inside.x - corner.x, y: inside.y - corner.y }, holder?.id ?? null, "Paste");
    },
  };
}

/** A clip in which every node says where it stands, also one that was only arranged. */
function placed(clip: Clip, flow: Flow): Clip {
  const at = new Map(flow.nodes().map((node) => [node.id, node.position]));
  return {
    ...clip,
    nodes: clip.nodes.map((node) => ({ ...node, position: node.position ?? at.get(node.id) ?? { x: 0, y: 0 } })),
  };
}

/** The loop that all topmost nodes of a clip were in. */
function soleParent(clip: Clip): string | null {
  const ids = new Set(clip.nodes.map((node) => node.id));
  const parents = new Set(clip.nodes.filter((node) => !ids.has(node.parent ?? "")).map((node) => node.parent ?? null));
  return parents.size === 1 ? ([...parents][0] ?? null) : null;
}

function cornerOf(clip: Clip): Position | null {
  const ids = new Set(clip.nodes.map((node) => node.id));
  const places = [
    ...clip.nodes.filter((node) => !ids.has(node.parent ?? "")).flatMap((node) => node.position ?? []),
    ...(clip.notes ?? []),
  ];
  if (places.length === 0) return null;
  return { x: Math.min(...places.map(({ x }) => x)), y: Math.min(...places.map(({ y }) => y)) };
}
