/** What an answer was made with: prompt and version, model, tokens, cost, and the frames that were read for it. */
import { counted } from "../lib/words";
import { Link } from "../ui/Link";
import { addressOf } from "../app/router";
import { dollars, spentOn } from "./liveTurn";
import type { Receipt } from "./types";

export function Receipts({ receipts, by }: { receipts: readonly Receipt[]; by: string | null }) {
  if (receipts.length === 0) {
    if (by === "planner") return <p className="ai-receipt">Built-in planner, no model was asked</p>;
    return by === "rules" ? <p className="ai-receipt">By built-in rules, no model was asked</p> : null;
  }
  const { tokens, costUsd } = spentOn(receipts);
  return (
    <details className="ai-receipt">
      <summary>
        {by ?? receipts[0]?.model} · {counted(tokens, "token")}
        {costUsd !== null && ` · ${dollars(costUsd)}`}
      </summary>
      <ol>
        {receipts.map((receipt, at) => (
          <li key={at}>
            <ReceiptView receipt={receipt} />
          </li>
        ))}
      </ol>
    </details>
  );
}

function ReceiptView({ receipt: { prompt, model, usage, read } }: { receipt: Receipt }) {
  return (
    <>
      <code>{prompt}</code> {model}, {counted(usage.promptTokens, "token")} in,{" "}
      {usage.completionTokens.toLocaleString("en")} out
      {typeof usage.costUsd === "number" && `, ${dollars(usage.costUsd)}`}
      {read.length > 0 && (
        <>
          {", read "}
          {read.map(([run, frame]) => (
            <Link
              key={`${run} ${frame}`}
              href={addressOf({ screen: "run", id: run, seq: frame, node: null, diff: null })}
            >
              {run.slice(-6)}:{frame}
            </Link>
          ))}
        </>
      )}
    </>
  );
}
