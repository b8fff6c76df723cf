/** Two texts by line, read when the first is shown. */
import { lazy, Suspense } from "react";

const TextDiff = lazy(async () => ({ default: (await import("./TextDiff")).TextDiff }));

export function LazyTextDiff(props: { before: string; after: string }) {
  return (
    <Suspense fallback={<pre className="ai-diff-plain">{props.after}</pre>}>
      <TextDiff {...props} />
    </Suspense>
  );
}
