/** All keys, read from their list. */
import { Dialog } from "../ui/Dialog";
import { KEYS, keyLabel, type Key, type Where } from "./keys";

const TITLES: Record<Where, string> = { anywhere: "Everywhere", canvas: "On the canvas", timeline: "On the timeline" };
/** What hands do that has no key. */
const HANDS: [string, string][] = [
  ["Drag from a port", "Connect; into the empty: add what fits"],
  ["Click an edge, then +", "Insert a node"],
  ["Shift + drag", "Select an area"],
  ["Double click", "Rename"],
  ["Drag into a loop", "Make it part of the loop's body"],
];

export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keys" wide>
      <div className="help">
        {(Object.keys(TITLES) as Where[]).map((where) => (
          <section key={where}>
            <h3>{TITLES[where]}</h3>
            <dl>
              {(KEYS as readonly Key[])
                .filter((key) => key.where === where && key.keys.length > 0)
                .map((key) => (
                  <div key={key.action}>
                    <dt>{key.says}</dt>
                    <dd>
                      {key.keys.map((name) => (
                        <kbd key={name}>{keyLabel(name)}</kbd>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
        <section>
          <h3>By hand</h3>
          <dl>
            {HANDS.map(([hand, does]) => (
              <div key={hand}>
                <dt>{does}</dt>
                <dd>{hand}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
