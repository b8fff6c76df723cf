/** Runs by the hour as bars, failures on top. The library that draws it is read when the first chart is shown. */
import { useEffect, useRef } from "react";
import type uPlot from "uplot";
import { type Tokens, useTokens } from "../ui/tokens";
import type { Stats } from "./DashboardScreen";
import { series, type Series } from "./hourSeries";

const HEIGHT = 180;

export function HourChart({ perHour, hours }: { perHour: Stats["perHour"]; hours: number }) {
  const place = useRef<HTMLDivElement>(null);
  const tokens = useTokens();
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let [left, chart]: [boolean, uPlot | null] = [false, null];
    const resized = new ResizeObserver(() => chart?.setSize({ width: element.clientWidth, height: HEIGHT }));
    void drawn(element, series(perHour, hours, Date.now()), tokens).then((made) => {
      if (left) made.destroy();
      else {
        chart = made;
        resized.observe(element);
      }
    });
    return () => {
      left = true;
      resized.disconnect();
      chart?.destroy();
    };
  }, [perHour, hours, tokens]);
  const failed = perHour.reduce((sum, hour) => sum + hour.failed, 0);
  const runs = perHour.reduce((sum, hour) => sum + hour.runs, 0);
  return (
    <div
      ref={place}
      style={{ height: HEIGHT }}
      role="img"
      aria-label={`${runs} runs in the shown time, of which ${failed} failed`}
    />
  );
}

async function drawn(element: HTMLElement, data: Series, tokens: Tokens): Promise<uPlot> {
  const [{ default: UPlot }] = await Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]);
  const [times] = data;
  const barSeconds = (times[1] ?? 3600) - (times[0] ?? 0);
  const axis = {
    stroke: tokens.inkSoft,
    font: `11px ${tokens.font}`,
    grid: { stroke: tokens.line, width: 1 },
    ticks: { show: false },
  };
  const bars = UPlot.paths.bars?.({ size: [0.72, 40], align: 1 }) ?? (() => null);
  const one = (label: string, color: string) => ({
    label,
    fill: color,
    stroke: color,
    width: 0,
    paths: bars,
    points: { show: false },
  });
  return new UPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      axes: [axis, { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] }],
      scales: {
        x: { range: (_, first, last) => [first, last + barSeconds] },
        y: { range: (_, __, most) => [0, Math.max(most, 4)] },
      },
      series: [{}, one("Runs", tokens.status.COMPLETED), one("Failed", tokens.status.FAILED)],
    },
    data,
    element,
  );
}
