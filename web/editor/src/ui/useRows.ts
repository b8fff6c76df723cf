/** The rows of a long list that are in sight, and no others. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";

export function useRows(count: number, height: number, keyOf?: (at: number) => string | number) {
  const scroller = useRef<HTMLDivElement>(null);
  // The virtualizer changes in place, which a compiler that remembers results would miss; none is used here.
  // eslint-disable-next-line react-hooks/incompatible-library
  const list = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    ...(keyOf && { getItemKey: keyOf }),
  });
  return { scroller, list, items: list.getVirtualItems() };
}
