/** Puts a value, or the expression that reads it, onto the clipboard. */
import { useState } from "react";
import type { Json } from "../../api/types";
import { writeJson } from "../../lib/exact";
import type { JsonViewProps } from "./JsonView";
import { expression } from "./pointer";

type Source = Pick<JsonViewProps, "base" | "value" | "whole" | "read">;
export type Copy = ReturnType<typeof useCopy>;

export interface Copied {
  pointer: string;
  value: Json;
  /** How it was written, when it is a number of which that says more. */
  number?: string;
}

export function useCopy({ base, value, whole, read }: Source) {
  const [done, setDone] = useState("");
  const put = async (text: string, what: string) => {
    await navigator.clipboard.writeText(text);
    setDone(what);
    setTimeout(() => setDone(""), 1600);
  };
  return {
    done,
    path: (pointer: string) => void put(expression(base, pointer), "Path copied"),
    async value(place: Copied) {
      if (place.number !== undefined) return put(place.number, "Value copied");
      const all = whole && read ? at(await whole(), place.pointer) : place.pointer === "" ? value : place.value;
      await put(typeof all === "string" ? all : writeJson(all, 2), "Value copied");
    },
  };
}

function at(value: Json, pointer: string): Json {
  let found: Json = value;
  for (const step of pointer.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    found = (found as Record<string, Json> | null)?.[key] ?? null;
  }
  return found;
}
