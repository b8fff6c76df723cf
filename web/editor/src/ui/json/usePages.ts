/** The parts of a cut value that have been read, and a way to want more of them. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { Json } from "../../api/types";
import { newPages, PAGE, type Pages, type ReadSlice, TEXT_PAGE, withSlice } from "./tree";

export type Want = (pointer: string, offset: number, isText: boolean) => void;

export function usePages(value: Json, read: ReadSlice | undefined): [ReadonlyMap<string, Pages>, Want] {
  const [state, setState] = useState<{ of: Json; pages: ReadonlyMap<string, Pages> }>({ of: value, pages: new Map() });
  const latest = useRef({ value, asked: new Set<string>() });
  useEffect(() => {
    if (latest.current.value !== value) latest.current = { value, asked: new Set() };
  }, [value]);
  const want = useCallback<Want>(
    (pointer, offset, isText) => {
      const { asked } = latest.current;
      const from = isText ? offset : Math.floor(offset / PAGE) * PAGE;
      const key = `${pointer} ${from}`;
      if (!read || asked.has(key)) return;
      asked.add(key);
      const update = (change: (pages: Pages) => Pages) =>
        setState((before) => {
          if (latest.current.value !== value) return before;
          const pages = new Map(before.of === value ? before.pages : []);
          pages.set(pointer, change(pages.get(pointer) ?? newPages()));
          return { of: value, pages };
        });
      read(pointer, from, isText ? TEXT_PAGE : PAGE).then(
        (slice) => update((pages) => withSlice(pages, slice)),
        (error: unknown) =>
          update((pages) => ({ ...pages, error: error instanceof Error ? error.message : String(error) })),
      );
    },
    [read, value],
  );
  return [state.of === value ? state.pages : NO_PAGES, want];
}

const NO_PAGES: ReadonlyMap<string, Pages> = new Map();
