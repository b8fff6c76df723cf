/** What is in the middle of the canvas stays there when a pane beside it opens or closes. */
import { useStoreApi } from "@xyflow/react";
import { useEffect } from "react";

export function useKeepMiddle() {
  const store = useStoreApi();
  useEffect(() => {
    let { width, height } = store.getState();
    return store.subscribe((state) => {
      if (state.width === width && state.height === height) return;
      const by = { x: (state.width - width) / 2, y: (state.height - height) / 2 };
      const wasShown = width > 0 && height > 0;
      ({ width, height } = state);
      if (wasShown) void state.panBy(by);
    });
  }, [store]);
}
