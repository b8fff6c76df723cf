/** What became of recorded runs under the draft. */
import type { Status } from "../api/types";
import { addressOf } from "../app/router";
import { counted } from "../lib/words";
import { ChangeList } from "../run/ChangeList";
import { Link } from "../ui/Link";
import { STATUS_WORDS } from "../ui/StatusDot";
import "../run/run.css";
import type { Checked, Differs } from "./api";

/** Of each run as many as show what kind of difference it is. */
const PLACES_MAX = 4;

export function CheckedRuns({ checked: { same, differs, untold } }: { checked: Checked }) {
  return (
    <section aria-label="What came of the runs">
      <p className="checked-tally" role="status" data-alarm={differs.length > 0 || undefined}>
        {tallyOf(same, differs.length, untold.length)}
      </p>
      <ul className="checked">
        {differs.map((one) => (
          <Differing key={one.run} one={one} />
        ))}
        {untold.map(({ run, why }) => (
          <li key={run}>
            <RunLink run={run} /> cannot be told: {why}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** `12 same, 1 differs`. */
function tallyOf(same: number, differs: number, untold: number): string {
  const parts = [
    `${same} same`,
    `${differs} ${differs === 1 ? "differs" : "differ"}`,
    ...(untold > 0 ? [`${untold} cannot be told`] : []),
  ];
  return parts.join(", ");
}

function Differing({ one: { run, recorded, draft, output, why } }: { one: Differs }) {
  return (
    <li>
      <RunLink run={run} />{" "}
      {why === undefined || why === null ? statusWords(recorded, draft, output.length) : `would not run: ${why}`}
      {output.length > 0 && <ChangeList changes={output.slice(0, PLACES_MAX)} />}
      {output.length > PLACES_MAX && (
        <p className="ai-quiet">and {counted(output.length - PLACES_MAX, "other place")}</p>
      )}
    </li>
  );
}

function statusWords(recorded: Status, draft: Status | null | undefined, places: number): string {
  if (draft && draft !== recorded) return `was ${word(recorded)} and would be ${word(draft)}`;
  return `would give another output, in ${counted(places, "place")}`;
}

const word = (status: Status) => STATUS_WORDS[status].toLowerCase();

function RunLink({ run }: { run: string }) {
  return (
    <Link href={addressOf({ screen: "run", id: run, seq: null, node: null, diff: null })} target="_blank">
      run {run.slice(-6)}
    </Link>
  );
}
