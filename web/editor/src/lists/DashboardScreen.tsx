/** The service in numbers: how many runs, how they ended, how long they took, what is slow, what it all takes on disk. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../api/client";
import { useServiceEvents } from "../api/events";
import { addressOf } from "../app/router";
import { duration } from "../lib/words";
import { bytes } from "../ui/json/kinds";
import { Link } from "../ui/Link";
import { HourChart } from "./HourChart";
import { runsAddress } from "./runFilter";
import { WorkflowChoice } from "./WorkflowChoice";
import "./runs.css";

export interface Stats {
  runs: number;
  failed: number;
  p50Ms: number | null;
  p95Ms: number | null;
  perHour: { at: string; runs: number; completed: number; failed: number }[];
  slowestNodes: { workflow: string; nodeId: string; p50Ms: number; p95Ms: number; count: number }[];
  store: {
    bytes: number;
    freeBytes: number;
    runs: number;
    eventBytes: number;
    valueBytes: number;
    flowedValueBytes: number;
  };
}

const SPANS: [number, string][] = [
  [24, "Last day"],
  [168, "Last week"],
  [720, "Last 30 days"],
];

export function DashboardScreen() {
  const [hours, setHours] = useState(24);
  const [workflow, setWorkflow] = useState("");
  const queries = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ["stats", workflow, hours],
    queryFn: () => {
      const query = new URLSearchParams({ hours: String(hours), ...(workflow && { workflow }) });
      return get<Stats>(`/stats?${query}`);
    },
    placeholderData: (before) => before,
  });
  useServiceEvents(["run"], () => void queries.invalidateQueries({ queryKey: ["stats"] }));
  return (
    <div className="page-inner dashboard">
      <div className="page-head">
        <h1>Dashboard</h1>
        <WorkflowChoice chosen={workflow} onChoose={setWorkflow} />
        <select aria-label="Time" value={hours} onChange={(event) => setHours(Number(event.target.value))}>
          {SPANS.map(([each, name]) => (
            <option key={each} value={each}>
              {name}
            </option>
          ))}
        </select>
      </div>
      {error && <p role="alert">{error.message}</p>}
      {data && (
        <>
          <Numbers stats={data} hours={hours} workflow={workflow} />
          <section className="card">
            <h2>Runs by the hour</h2>
            <HourChart hours={hours} perHour={data.perHour} />
          </section>
          <div className="cards">
            <Slowest nodes={data.slowestNodes} />
            <Store store={data.store} />
          </div>
        </>
      )}
    </div>
  );
}

function Numbers({ stats, hours, workflow }: { stats: Stats; hours: number; workflow: string }) {
  const share = stats.runs > 0 ? ` · ${((stats.failed / stats.runs) * 100).toFixed(stats.failed > 0 ? 1 : 0)} %` : "";
  return (
    <dl className="numbers">
      <Figure name="Runs" text={stats.runs.toLocaleString("en")} href={runsAddress({ hours, workflow })} />
      <Figure
        name="Failed"
        text={`${stats.failed.toLocaleString("en")}${share}`}
        href={runsAddress({ hours, workflow, status: "FAILED" })}
        isBad={stats.failed > 0}
      />
      <Figure name="Half took up to" text={stats.p50Ms === null ? "no runs" : duration(stats.p50Ms)} />
      <Figure name="95 % took up to" text={stats.p95Ms === null ? "no runs" : duration(stats.p95Ms)} />
    </dl>
  );
}

function Figure({ name, text, href, isBad }: { name: string; text: string; href?: string; isBad?: boolean }) {
  return (
    <div className="card">
      <dt>{name}</dt>
      <dd data-bad={isBad || undefined}>{href ? <Link href={href}>{text}</Link> : text}</dd>
    </div>
  );
}

function Slowest({ nodes }: { nodes: Stats["slowestNodes"] }) {
  return (
    <section className="card">
      <h2>Slowest nodes</h2>
      {nodes.length === 0 ? (
        <p className="text-ink-soft">Nothing ran in this time.</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col" className="number">
                Half
              </th>
              <th scope="col" className="number">
                95 %
              </th>
              <th scope="col" className="number">
                Frames
              </th>
            </tr>
          </thead>
          <tbody>
            {nodes.slice(0, 10).map((node) => (
              <tr key={`${node.workflow} ${node.nodeId}`}>
                <td>
                  <Link href={addressOf({ screen: "workflow", id: node.workflow })}>{node.workflow}</Link> ·{" "}
                  {node.nodeId}
                </td>
                <td className="number">{duration(node.p50Ms)}</td>
                <td className="number">{duration(node.p95Ms)}</td>
                <td className="number">{node.count.toLocaleString("en")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Store({ store }: { store: Stats["store"] }) {
  const times = store.valueBytes > 0 ? store.flowedValueBytes / store.valueBytes : 0;
  const facts: [string, string][] = [
    ["On disk", `${bytes(store.bytes)}, of which ${bytes(store.freeBytes)} free for new runs`],
    ["Runs kept", store.runs.toLocaleString("en")],
    ["Events", bytes(store.eventBytes)],
    ["Values", bytes(store.valueBytes)],
    ...(times > 1.05
      ? [
          ["Shared", `${bytes(store.flowedValueBytes)} flowed, ${times.toFixed(1)} times what is kept`] as [
            string,
            string,
          ],
        ]
      : []),
  ];
  return (
    <section className="card">
      <h2>Store</h2>
      <dl className="facts">
        {facts.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
