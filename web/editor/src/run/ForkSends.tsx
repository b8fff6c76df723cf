/** What a live fork would send, and to whom, before it does. */
import type { Json, NodeId } from "../api/types";
import { counted, oneLine } from "../lib/words";
import type { ForkPlan } from "./api";

export function ForkSends({ plan, nameOf }: { plan: ForkPlan; nameOf: (node: NodeId) => string }) {
  const hosts = [...new Set(plan.effects.map((effect) => hostOf(effect.request)).filter(Boolean))];
  return (
    <section className="fork-plan" aria-label="What would be sent" role="status">
      <p>
        <b>
          {plan.effects.length === 0
            ? "Nothing would be sent"
            : `${counted(plan.effects.length, "request")} would be sent`}
        </b>
        {hosts.length > 0 && <> to {hosts.join(", ")}</>}
        {!plan.complete && " — as far as can be known: what follows depends on an answer"}
      </p>
      <ul>
        {plan.effects.map((effect, at) => (
          <li key={at}>
            <code>{effect.kind}</code> <b>{nameOf(effect.nodeId)}</b>{" "}
            <span className="text-ink-soft">{requestText(effect.request)}</span>
            {effect.idempotent && <span className="run-chip">repeatable</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function field(request: Json, name: string): string {
  const value = typeof request === "object" && request !== null && !Array.isArray(request) ? request[name] : null;
  return typeof value === "string" ? value : "";
}

function hostOf(request: Json): string {
  try {
    return new URL(field(request, "url")).host;
  } catch {
    return "";
  }
}

function requestText(request: Json): string {
  const url = field(request, "url");
  return url ? `${field(request, "method")} ${url}` : oneLine(request, 100);
}
