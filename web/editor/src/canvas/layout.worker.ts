import { layout, type LayoutJob } from "./layout";

addEventListener("message", ({ data }: MessageEvent<{ id: number; job: LayoutJob }>) => {
  postMessage({ id: data.id, layout: layout(data.job) });
});
