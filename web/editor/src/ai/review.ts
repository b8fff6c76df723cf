/** Looking at a proposal, taking parts of it, accepting and rejecting it. */
import { ServiceError } from "../api/client";
import type { NodeId, Workflow } from "../api/types";
import { getVersion } from "../api/workflows";
import { clearGhosts, keepPlaces, showGhosts } from "../canvas/ghosts";
import { onScreen } from "../canvas/onScreen";
import { applyPatch } from "../document/applyPatch";
import { historyOf, type Expected } from "../document/history";
import { patched, PatchError } from "../document/patch";
import { viewOf } from "../document/view";
import { refreshDetail } from "../run/runStore";
import { say } from "../ui/say";
import { acceptProposal, rejectProposal } from "./api";
import { changesOf } from "./changes";
import { ghostsOf } from "./ghostsOf";
import { hostNow, type Host } from "./host";
import { allParts, chosenPatch, turned } from "./parts";
import { knowProposal } from "./proposals";
import { NO_REVIEW, useReview, type Refusal } from "./reviewStore";
import type { Accepted, Part, Proposal } from "./types";

const now = useReview.getState;
const set = useReview.setState;

let forget: (() => void) | null = null;

/** Shows what a proposal would do. */
export async function look(proposal: Proposal) {
  leave();
  set({ proposal, chosen: allParts(proposal.parts), refusal: null });
  const host = hostNow();
  if (host?.workflow === proposal.workflow) forget = viewOf(host.doc).subscribe(() => void show());
  await show();
  const touched = new Set(now().changes?.nodes.map(({ id }) => id));
  // The ghosts are drawn with the next frame.
  if (host?.workflow === proposal.workflow) requestAnimationFrame(() => onScreen.bringAll(touched));
}

/** Looks at nothing any more; the proposal stays open. */
export function leave() {
  forget?.();
  forget = null;
  clearGhosts();
  const { accepted, takenBack } = now();
  set({ ...NO_REVIEW, accepted, takenBack }, true);
}

export function turnPart(id: number) {
  const { proposal, chosen, isBusy } = now();
  if (!proposal || isBusy) return;
  set({ chosen: turned(proposal.parts, chosen, id) });
  void show();
}

/** Looks at the part after, or before. */
export function step(by: 1 | -1) {
  const { proposal, at } = now();
  const count = proposal?.parts.length ?? 0;
  if (count === 0) return;
  lookAt(at === null ? (by > 0 ? 0 : count - 1) : (at + by + count) % count);
}

export function lookAt(at: number | null) {
  set({ at });
  draw();
  const { proposal } = now();
  const part = at === null ? undefined : proposal?.parts[at];
  const [first] = proposal && part ? nodesOf(proposal, part) : [];
  // The ghost may be drawn only with the next frame.
  if (first !== undefined) requestAnimationFrame(() => onScreen.bring(first));
}

/** The nodes that the edits of a part are about. */
export function nodesOf({ patch }: Proposal, part: Part): Set<NodeId> {
  const edits = part.edits.flatMap((at) => patch[at] ?? []);
  const nodes = edits.flatMap((edit): NodeId[] => {
    if (edit.edit === "addNode") return [edit.node.id];
    return "node" in edit ? [edit.node] : [];
  });
  const ends = edits.flatMap((edit) => ("edge" in edit ? [edit.edge.source, edit.edge.target] : []));
  // The edges of a node that comes or goes are not what its part is about.
  return new Set(nodes.length > 0 ? nodes : ends);
}

async function show() {
  const { proposal, chosen, isBusy } = now();
  if (!proposal || isBusy) return;
  const patch = chosenPatch(proposal.patch, proposal.parts, chosen);
  const { before, isMoved } = await basisOf(proposal);
  if (now().proposal !== proposal || now().chosen !== chosen) return;
  try {
    set({ before, isMoved, changes: before && changesOf(before, patched(before, patch)) });
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    set({ before, isMoved, changes: null, refusal: { code: "parts", reason: error.message, hint: undefined } });
  }
  draw();
}

/** What the change is made to: what stands on the screen, or the version that it was made for when that has moved on. */
async function basisOf(proposal: Proposal): Promise<{ before: Workflow | null; isMoved: boolean }> {
  const host = hostNow();
  const isHere = host?.workflow === proposal.workflow;
  if (isHere) {
    const { workflow } = viewOf(host.doc).get();
    if (fits(workflow, proposal)) return { before: workflow, isMoved: false };
  }
  const before = await getVersion(proposal.workflow, proposal.base).catch(() => null);
  return { before, isMoved: isHere };
}

function fits(workflow: Workflow, { patch }: Proposal): boolean {
  try {
    patched(workflow, patch);
    return true;
  } catch (error) {
    if (error instanceof PatchError) return false;
    throw error;
  }
}

/** Puts the chosen parts on the canvas as ghosts. */
function draw() {
  const { proposal, changes, at } = now();
  const host = hostNow();
  if (!proposal || !changes || host?.workflow !== proposal.workflow) return clearGhosts();
  const part = at === null ? undefined : proposal.parts[at];
  showGhosts(ghostsOf(changes, host.doc, part ? nodesOf(proposal, part) : new Set()));
}

/** Accepts the chosen parts. The change comes into the document as one step of undo. */
export async function accept({ resume = false }: { resume?: boolean } = {}): Promise<Accepted | null> {
  const { proposal, chosen, isBusy } = now();
  if (!proposal || isBusy || proposal.state !== "open") return null;
  if (proposal.parts.length > 0 && chosen.size === 0) {
    say("No part is chosen.");
    return null;
  }
  set({ isBusy: true, refusal: null });
  try {
    const accepted = await acceptChosen(proposal, chosen, resume);
    knowProposal(accepted.proposal);
    leave();
    set({ accepted });
    announce(accepted);
    goOn(accepted);
    return accepted;
  } catch (error) {
    set({ isBusy: false, refusal: refusalOf(error) });
    return null;
  }
}

async function acceptChosen(proposal: Proposal, chosen: ReadonlySet<number>, resume: boolean): Promise<Accepted> {
  const isWhole = chosen.size === proposal.parts.length;
  const body = {
    hash: proposal.hash,
    ...(!isWhole && { parts: [...chosen].sort((a, b) => a - b) }),
    ...(resume && { resume }),
  };
  const host = hostNow();
  if (!host?.opened || host.workflow !== proposal.workflow) return acceptProposal(proposal.id, body);
  return acceptInto(host.opened, proposal, body);
}

/** The service makes the change in the document that is open here; it comes as one step of this person's. */
async function acceptInto(
  { doc, saver, provider }: NonNullable<Host["opened"]>,
  proposal: Proposal,
  body: Parameters<typeof acceptProposal>[1],
): Promise<Accepted> {
  await saver.now();
  if (saver.saved.state.kind !== "saved") {
    throw new Error("what is on the screen could not be saved, so nothing can be built on it yet");
  }
  rememberPlaces();
  const client = someClient();
  const step = historyOf(doc).expect(provider, client, proposal.title);
  try {
    const accepted = await acceptProposal(proposal.id, { ...body, client });
    steps.set(accepted.proposal.id, step);
    return accepted;
  } catch (error) {
    step.forget();
    throw error;
  }
}

/** A client id that nobody has; 0 is none. */
const someClient = () => crypto.getRandomValues(new Uint32Array(1))[0] || 1;

/** The steps of undo that accepted proposals are, by proposal. */
const steps = new Map<string, Expected>();

function rememberPlaces() {
  const ghosts = onScreen.nodes.filter(({ id }) =>
    now().changes?.nodes.some((each) => each.id === id && each.mark === "added"),
  );
  keepPlaces(ghosts.map(({ id, position }) => [id, position]));
}

/** Says what was done, in the words that were made from the applied patch. */
function announce(accepted: Accepted) {
  const { applied, resumed, notResumed } = accepted;
  const done = applied.length > 3 ? [...applied.slice(0, 3), `and ${applied.length - 3} more`] : applied;
  const text = [
    ...done,
    ...(notResumed ? ["The run did not go on."] : []),
    ...(resumed ? [resumed.sameRun ? "The run goes on." : "A fork of the run goes on."] : []),
  ].join(" · ");
  const doc = hostNow()?.opened?.doc;
  const undo = () => {
    if (doc && steps.get(accepted.proposal.id)?.isStep()) historyOf(doc).undo();
    else takeBack(accepted);
  };
  say(text, doc && { label: "Undo", act: undo });
}

/** Makes the opposite of an accepted change, as an edit of its own: what was done after it stays. */
export function takeBack({ proposal, undo }: Accepted) {
  const host = hostNow();
  if (!host?.opened || host.workflow !== proposal.workflow) return say("Open the workflow to take it back.");
  try {
    applyPatch(host.opened.doc, undo, `Take back: ${proposal.title}`, host.specs);
    set({ takenBack: new Set([...now().takenBack, proposal.id]) });
    say("Taken back.");
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    say(`It cannot be taken back by itself any more: ${error.message}`);
  }
}

/** Shows the run that goes on, when this screen can. */
function goOn({ resumed }: Accepted) {
  if (!resumed) return;
  if (resumed.sameRun) void refreshDetail(resumed.runId);
  else hostNow()?.onRun?.(resumed.runId);
}

export async function reject() {
  const { proposal, isBusy } = now();
  if (!proposal || isBusy) return;
  set({ isBusy: true });
  try {
    knowProposal(await rejectProposal(proposal.id));
    leave();
    say("Rejected. Nothing was changed.");
  } catch (error) {
    set({ isBusy: false, refusal: refusalOf(error) });
  }
}

export function refusalOf(error: unknown): Refusal {
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof ServiceError
    ? { code: error.code, reason, hint: error.hint }
    : { code: "unknown", reason, hint: undefined };
}
