/** What a proposal does, computed by the service from the patch. What reaches outside stands first, and in red. */
import { Clock, Code, EyeOff, Globe, KeyRound, Send, TriangleAlert } from "lucide-react";
import type { ComponentType } from "react";
import { counted } from "../lib/words";
import type { Proposal } from "./types";
import { visible } from "./words";

interface Notice {
  kind: "live" | "host" | "credential" | "trigger" | "hidden" | "code" | "problem";
  icon: ComponentType<{ size: number; "aria-hidden": true }>;
  text: string;
}

export function noticesOf({ summary, problems, evidence }: Proposal): Notice[] {
  const { newHosts, newCredentials, triggers, code, hiddenText } = summary;
  const sends = evidence?.wouldSend ?? [];
  const errors = problems.filter(({ severity }) => severity === "error");
  return [
    ...(sends.length > 0
      ? [
          {
            kind: "live",
            icon: Send,
            text: `Not proven: accepting sends ${counted(sends.length, "request")} that no recording answers`,
          } as const,
        ]
      : []),
    ...newHosts.map((host): Notice => ({ kind: "host", icon: Globe, text: `Contacts a new host: ${host}` })),
    ...newCredentials.map((name): Notice => ({
      kind: "credential",
      icon: KeyRound,
      text: `Uses the credential ${name}`,
    })),
    ...(hiddenText.length > 0
      ? [
          {
            kind: "hidden",
            icon: EyeOff,
            text: `Text with characters that cannot be seen, in ${hiddenText.join(", ")}`,
          } as const,
        ]
      : []),
    ...triggers.map((text): Notice => ({ kind: "trigger", icon: Clock, text })),
    ...(code.length > 0
      ? [{ kind: "code", icon: Code, text: `Code or expressions change in ${code.join(", ")}` } as const]
      : []),
    ...(errors.length > 0
      ? [
          {
            kind: "problem",
            icon: TriangleAlert,
            text: `${counted(errors.length, "problem")}: ${errors[0]?.message ?? ""}`,
          } as const,
        ]
      : []),
  ];
}

/** Brief where the parts, which say the same, stand below it. */
export function SummaryList({ proposal, isBrief }: { proposal: Proposal; isBrief: boolean }) {
  return (
    <>
      <Notices notices={noticesOf(proposal)} />
      {!isBrief && proposal.summary.lines.length > 0 && (
        <ul className="ai-lines">
          {proposal.summary.lines.map((line, at) => (
            <li key={at}>{visible(line)}</li>
          ))}
        </ul>
      )}
    </>
  );
}

export function Notices({ notices }: { notices: readonly Notice[] }) {
  if (notices.length === 0) return null;
  return (
    <ul className="ai-notices" aria-label="Look at these">
      {notices.map(({ kind, icon: Icon, text }, at) => (
        <li key={at} data-kind={kind}>
          <Icon size={13} aria-hidden />
          <span>{visible(text)}</span>
        </li>
      ))}
    </ul>
  );
}
