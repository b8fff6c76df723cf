/**
 * The others on the canvas: their pointers, and what they have selected or are moving. Drawn past React, at most once a
 * frame, so that thirty hands cost nothing on a canvas of a thousand nodes.
 */
import { useStoreApi, type ReactFlowState } from "@xyflow/react";
import { useEffect, useRef } from "react";
import type { NodeId, Position } from "../api/types";
import type { FlowNode } from "../canvas/flowTypes";
import { absolute } from "../canvas/fromFlow";
import { onScreen } from "../canvas/onScreen";
import { useSelection } from "../canvas/selection";
import type { Company } from "./company";
import { useFollowedEye } from "./followEye";
import type { Peer } from "./peer";
import { usePeople } from "./people";
import "./collab.css";

export function Layer() {
  const company = usePeople((store) => store.company);
  return company && <Shown company={company} />;
}

function Shown({ company }: { company: Company }) {
  const layer = useRef<HTMLDivElement>(null);
  const store = useStoreApi();
  useEffect(() => {
    if (!layer.current) return;
    const picture = new Picture(layer.current, () => company.peers);
    const move = () => picture.soon(store.getState());
    move();
    const stops = [store.subscribe(move), company.subscribe(move), tellHand(layer.current, company, store.getState)];
    return () => {
      picture.stop();
      stops.forEach((stop) => stop());
    };
  }, [company, store]);
  useFollowedEye(company);
  // What it shows is said by the avatars in the header.
  return <div ref={layer} className="company" aria-hidden />;
}

/** Tells the others of this person's pointer, selection and view. */
function tellHand(layer: HTMLElement, company: Company, state: () => ReactFlowState) {
  const canvas = layer.closest<HTMLElement>(".canvas") ?? layer;
  const point = ({ clientX, clientY }: PointerEvent) => {
    const { transform, domNode } = state();
    const corner = domNode?.getBoundingClientRect();
    if (!corner) return;
    const [x, y, zoom] = transform;
    company.point({ x: (clientX - corner.left - x) / zoom, y: (clientY - corner.top - y) / zoom });
  };
  const away = () => company.point(null);
  const choose = () => company.choose(useSelection.getState().nodes);
  choose();
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerleave", away);
  const deafen = useSelection.subscribe(choose);
  return () => {
    canvas.removeEventListener("pointermove", point);
    canvas.removeEventListener("pointerleave", away);
    deafen();
    away();
    company.choose([]);
  };
}

interface Box extends Position {
  width: number;
  height: number;
}

/** One person's elements. */
interface Figure {
  pointer: HTMLElement;
  name: HTMLElement;
  outlines: Map<NodeId, HTMLElement>;
}

/** About as wide as a name is. */
const NAME_WIDTH = 130;

class Picture {
  private frame = 0;
  private state: ReactFlowState | null = null;
  private readonly figures = new Map<number, Figure>();
  private placed: { of: readonly FlowNode[]; boxes: ReturnType<typeof absolute> } | null = null;

  constructor(
    private readonly layer: HTMLElement,
    private readonly peers: () => readonly Peer[],
  ) {}

  soon(state: ReactFlowState) {
    this.state = state;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.layer.replaceChildren();
  }

  private draw() {
    if (!this.state) return;
    const [x, y, zoom] = this.state.transform;
    this.layer.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
    this.layer.style.setProperty("--zoom", String(zoom));
    const peers = this.peers();
    // Where a name would be cut off at the right.
    const turned = (this.state.width - NAME_WIDTH - x) / zoom;
    const here = new Set(peers.map(({ client }) => client));
    for (const [client, figure] of this.figures) if (!here.has(client)) this.remove(client, figure);
    for (const peer of peers) this.drawOne(peer, turned);
  }

  private drawOne(peer: Peer, turned: number) {
    const figure = this.figures.get(peer.client) ?? this.add(peer);
    const { pointer, name, outlines } = figure;
    pointer.hidden = peer.pointer === null;
    if (peer.pointer) {
      pointer.style.translate = `${peer.pointer.x}px ${peer.pointer.y}px`;
      pointer.toggleAttribute("data-turned", peer.pointer.x > turned);
    }
    pointer.style.setProperty("--person", peer.color);
    pointer.dataset["kind"] = peer.kind;
    if (name.textContent !== peer.name) name.textContent = peer.name;
    const wanted = new Set([...peer.selection, ...Object.keys(peer.drag ?? {})]);
    for (const [id, outline] of outlines) {
      if (wanted.has(id)) continue;
      outline.remove();
      outlines.delete(id);
    }
    for (const id of wanted) {
      const box = this.boxOf(id, peer);
      const outline = outlines.get(id);
      if (!box) outline?.remove();
      else place(outline ?? this.outline(figure, id), box, peer, peer.drag?.[id] !== undefined);
    }
  }

  /** Where a node stands, or where it is in the hand of this person. */
  private boxOf(id: NodeId, { drag }: Peer): Box | null {
    if (this.placed?.of !== onScreen.nodes) {
      this.placed = { of: onScreen.nodes, boxes: absolute(onScreen.nodes) };
    }
    const found = this.placed.boxes.get(id);
    if (!found) return null;
    const { node } = found;
    const size = { width: node.width ?? 0, height: node.height ?? 0 };
    const held = drag?.[id];
    if (!held) return { x: found.x, y: found.y, ...size };
    return { x: found.x - node.position.x + held.x, y: found.y - node.position.y + held.y, ...size };
  }

  private add({ client }: Peer): Figure {
    const pointer = element("company-pointer");
    const arrow = element("company-arrow");
    const name = element("company-name");
    pointer.append(arrow, name);
    this.layer.append(pointer);
    const figure = { pointer, name, outlines: new Map<NodeId, HTMLElement>() };
    this.figures.set(client, figure);
    return figure;
  }

  private outline({ outlines }: Figure, id: NodeId): HTMLElement {
    const made = element("company-outline");
    made.append(element("company-name"));
    outlines.set(id, made);
    this.layer.prepend(made);
    return made;
  }

  private remove(client: number, { pointer, outlines }: Figure) {
    pointer.remove();
    outlines.forEach((outline) => outline.remove());
    this.figures.delete(client);
  }
}

function place(outline: HTMLElement, { x, y, width, height }: Box, peer: Peer, isMoving: boolean) {
  outline.style.translate = `${x}px ${y}px`;
  outline.style.width = `${width}px`;
  outline.style.height = `${height}px`;
  outline.style.setProperty("--person", peer.color);
  outline.dataset["kind"] = peer.kind;
  const words = isMoving ? `${peer.name} moves this` : peer.name;
  const [name] = outline.children;
  if (name && name.textContent !== words) name.textContent = words;
}

function element(className: string): HTMLElement {
  const made = document.createElement("div");
  made.className = className;
  return made;
}
