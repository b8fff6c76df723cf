/** The rows of a long list that are in sight, and no others. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";

/** `above`: the height of a head that stays in sight above the rows. */
export function useRows(count: number, height: number, keyOf?: (at: number) => string | number, above = 0) {
  const scroller = useRef<HTMLDivElement>(null);
  // The virtualizer changes in place, which a compiler that remembers results would miss; none is used here.
  // eslint-disable-next-line react-hooks/incompatible-library
  const list = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    // The head takes its height at the upper end; the rows that it pushes down are missed at the lower one.
    scrollPaddingEnd: above,
    ...(keyOf && { getItemKey: keyOf }),
  });
  return { scroller, list, items: list.getVirtualItems() };
}
