/**
 * An event stream that is open only while the page can be seen: a browser keeps six connections to a host, for all of
 * its tabs together, and a seventh tab would wait for ever.
 */
export function whileSeen(open: () => EventSource): () => void {
  let source: EventSource | null = null;
  const look = () => {
    if (document.visibilityState === "visible") source ??= open();
    else close();
  };
  const close = () => {
    source?.close();
    source = null;
  };
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    document.removeEventListener("visibilitychange", look);
    close();
  };
}
