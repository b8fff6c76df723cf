/** A fix that no recording can prove, and what it would send when it is tried. */
import { FixProof } from "./FixProof";
import type { Asked, Proposal } from "./types";
import { shortValue } from "./words";

export function LiveTry({ fix }: { fix: Proposal }) {
  const sends = fix.evidence?.wouldSend ?? [];
  return (
    <>
      <FixProof fix={fix} />
      <div className="ai-sends">
        <p>What it would send:</p>
        <ul aria-label="What it would send">
          {sends.map((asked, at) => (
            <li key={at}>
              <code>{asked.kind}</code> {lineOf(asked)} <span className="ai-quiet">from {asked.nodeId}</span>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}

/** `POST https://…`, or as much of the request as fits a line. */
function lineOf({ request }: Asked): string {
  if (
    typeof request === "object" &&
    request !== null &&
    !Array.isArray(request) &&
    typeof request["url"] === "string"
  ) {
    return shortValue(`${String(request["method"] ?? "GET")} ${request["url"]}`, 120);
  }
  return shortValue(request ?? null, 120);
}
