/** The hand on the timeline: a press chooses a frame or a moment, a drag scrubs, the wheel zooms and pans. */
import { useEffect, useRef, type PointerEvent as ReactPointer } from "react";
import type { Seq } from "../api/types";
import { LANE, RULER, rowUnder, type Scene } from "./draw";
import type { FrameIndex } from "./frameTable";
import { fromX, pan, type View, zoom } from "./scale";
import { stopOf } from "./stops";

interface Hand {
  scene: Scene;
  choose(seq: Seq): void;
  hover(at: { frame: FrameIndex; x: number; y: number } | null): void;
  look(view: View | null): void;
}

/** A press that moves less than this chooses; more, and it scrubs. */
const SLIP = 3;

export function usePointer(hand: Hand) {
  const latest = useRef(hand);
  const pressed = useRef<{ x: number; frame: FrameIndex; isDrag: boolean } | null>(null);
  const element = useRef<HTMLElement | null>(null);
  useEffect(() => {
    latest.current = hand;
  });
  // React listens to the wheel passively, and then the page would scroll as well.
  useEffect(() => {
    const on = element.current;
    const wheel = (event: WheelEvent) => turnWheel(event, latest.current);
    on?.addEventListener("wheel", wheel, { passive: false });
    return () => on?.removeEventListener("wheel", wheel);
  }, []);
  const momentAt = (x: number) => {
    const { timeline, axis, view, width } = latest.current.scene;
    return timeline.axisToSeq(axis, fromX(view, width, Math.min(Math.max(x, 0), width)));
  };
  return {
    ref: (on: HTMLElement | null) => void (element.current = on),
    onPointerDown(event: ReactPointer<HTMLElement>) {
      if (event.button !== 0) return;
      const { x, y } = placeOf(event);
      event.currentTarget.setPointerCapture(event.pointerId);
      pressed.current = { x, frame: y > RULER ? frameUnderHand(latest.current.scene, x, y) : -1, isDrag: y <= RULER };
      if (pressed.current.frame < 0) latest.current.choose(momentAt(x));
    },
    onPointerMove(event: ReactPointer<HTMLElement>) {
      const { x, y } = placeOf(event);
      const press = pressed.current;
      if (!press) {
        const frame = y > RULER ? frameUnderHand(latest.current.scene, x, y) : -1;
        return latest.current.hover(frame < 0 ? null : { frame, x, y });
      }
      if (Math.abs(x - press.x) > SLIP) press.isDrag = true;
      if (press.isDrag) latest.current.choose(momentAt(x));
    },
    onPointerUp() {
      const press = pressed.current;
      pressed.current = null;
      if (press && !press.isDrag && press.frame >= 0) {
        latest.current.choose(stopOf(latest.current.scene.timeline.table, press.frame));
      }
    },
    onPointerCancel: () => void (pressed.current = null),
    onPointerLeave: () => latest.current.hover(null),
  };
}

function placeOf(event: ReactPointer<HTMLElement>): { x: number; y: number } {
  const box = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function frameUnderHand({ timeline, axis, view, width, scroll }: Scene, x: number, y: number): FrameIndex {
  const at = Math.floor((y - RULER + scroll) / LANE);
  const lane = timeline.lanes[at];
  if (!lane) return -1;
  return timeline.hit(at, rowUnder(lane, (y - RULER + scroll) % LANE), axis, view, width, x);
}

/** Up and down zooms at the pointer; sideways, or with Shift, pans; where lanes are hidden, Alt scrolls them. */
function turnWheel(event: WheelEvent, { scene, look }: Hand): void {
  if (event.altKey) return;
  event.preventDefault();
  const full = scene.timeline.full(scene.axis);
  const sideways = event.shiftKey ? event.deltaY : event.deltaX;
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    return look(pan(scene.view, full, (sideways / scene.width) * (scene.view.to - scene.view.from)));
  }
  const x = event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left;
  const factor = Math.exp(Math.min(Math.max(event.deltaY, -120), 120) * 0.003);
  const next = zoom(scene.view, full, scene.axis, factor, fromX(scene.view, scene.width, x));
  look(next.from <= full.from && next.to >= full.to ? null : next);
}
