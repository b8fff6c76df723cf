/** Asks the worker that arranges graphs. It is started when first needed, and its library is not in the first load. */
import type { Layout, LayoutJob } from "./layout";

let worker: Worker | null = null;
let asked = 0;
const waiting = new Map<number, (layout: Layout) => void>();

export function arrange(job: LayoutJob): Promise<Layout> {
  worker ??= start();
  const id = ++asked;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    worker?.postMessage({ id, job });
  });
}

function start(): Worker {
  const made = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
  made.addEventListener("message", ({ data }: MessageEvent<{ id: number; layout: Layout }>) => {
    waiting.get(data.id)?.(data.layout);
    waiting.delete(data.id);
  });
  return made;
}
