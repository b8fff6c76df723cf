/** Numbers by the hour, with the hours in which nothing ran. */
export type Series = [number[], number[], number[]];

interface Hour {
  at: string;
  runs: number;
  failed: number;
}

const HOUR_MS = 3_600_000;
/** More bars than this cannot be told apart; then each stands for several hours. */
const BARS_MAX = 84;

/** Seconds since 1970, all runs, and the failed ones, which are drawn over the first. */
export function series(perHour: readonly Hour[], hours: number, now: number): Series {
  const each = Math.ceil(hours / BARS_MAX);
  const last = Math.floor(now / HOUR_MS / each);
  const first = last - Math.ceil(hours / each) + 1;
  const count = last - first + 1;
  const [runs, failed] = [new Array<number>(count).fill(0), new Array<number>(count).fill(0)];
  for (const hour of perHour) {
    const at = Math.floor(Date.parse(hour.at) / HOUR_MS / each) - first;
    if (at < 0 || at >= count) continue;
    runs[at] = (runs[at] as number) + hour.runs;
    failed[at] = (failed[at] as number) + hour.failed;
  }
  return [runs.map((_, at) => ((first + at) * each * HOUR_MS) / 1000), runs, failed];
}
