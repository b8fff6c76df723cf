/** One value of a frame as a tree, read in slices when it is large. */
import { useCallback, useMemo } from "react";
import type { Json, RunId, Seq } from "../api/types";
import { JsonView, type JsonMark } from "../ui/json/JsonView";
import { getSlice, getWhole, type ValueOf } from "./api";

interface Props {
  run: RunId;
  frame: Seq;
  side: ValueOf["side"];
  ordinal?: number;
  /** Where in that value the shown part is; the whole when left out. */
  within?: string;
  value: Json;
  /** How it was written, when it is a number of which that says more. */
  number?: string | undefined;
  /** What it is called in an expression. */
  base: string;
  label: string;
  marks?: ReadonlyMap<string, JsonMark>;
}

export function FrameValue({ run, frame, side, ordinal, within = "", value, number, base, label, marks }: Props) {
  const of = useMemo<ValueOf>(
    () => ({ run, frame, side, ...(ordinal !== undefined && { ordinal }) }),
    [run, frame, side, ordinal],
  );
  const read = useCallback(
    (pointer: string, offset: number, limit: number) => getSlice(of, within + pointer, offset, limit),
    [of, within],
  );
  const whole = useCallback(() => getWhole(of), [of]);
  return <JsonView {...{ value, number, base, label, read, whole }} {...(marks && { marks })} className="run-value" />;
}

export const outputName = (node: string) =>
  /^[A-Za-z_]\w*$/.test(node) ? `nodes.${node}.output` : `nodes["${node}"].output`;
