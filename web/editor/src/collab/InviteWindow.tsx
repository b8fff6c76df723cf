/** Lets somebody else in: who they are, what they may do, and the link that opens once. */
import { Check, Copy } from "lucide-react";
import { useId, useState, type FormEvent } from "react";
import { invite, type Right } from "../api/session";
import { Dialog } from "../ui/Dialog";
import { NAME_MAX } from "./peer";

const RIGHTS: readonly [Right, string, string][] = [
  ["editor", "May edit", "Changes workflows, runs them, and decides on proposals."],
  ["viewer", "May only look", "Sees everything live, runs and their values too, and changes nothing."],
];

export function InviteWindow({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<{ name: string; link: string } | null>(null);
  return (
    <Dialog
      open
      onClose={onClose}
      title="Invite"
      about="A link for one person. It opens once, in one browser, lets that browser in under the name you give it, and leads to what you are looking at now."
    >
      {made ? (
        <Made {...made} onAnother={() => setMade(null)} />
      ) : (
        <Ask onMade={(name, link) => setMade({ name, link })} />
      )}
    </Dialog>
  );
}

/** They come to what is looked at while they are invited. */
const here = () => location.pathname + location.search;

function Ask({ onMade }: { onMade: (name: string, link: string) => void }) {
  const [name, setName] = useState("");
  const [right, setRight] = useState<Right>("editor");
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      onMade(name.trim(), await invite(name.trim(), right, here()));
    } catch (error) {
      setBusy(false);
      setError(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form className="invite" onSubmit={(event) => void make(event)}>
      <label className="people-name">
        Their name
        <input
          className="field-input"
          autoFocus
          required
          maxLength={NAME_MAX}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <fieldset className="invite-rights">
        <legend>What they may do</legend>
        {RIGHTS.map(([key, words, about]) => (
          <label key={key}>
            <input type="radio" name="right" checked={right === key} onChange={() => setRight(key)} />
            <span>
              <b>{words}</b>
              <span className="text-ink-soft">{about}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {error && <p role="alert">{error}</p>}
      <footer className="invite-end">
        <button type="submit" className="button primary" disabled={isBusy || !name.trim()}>
          Make the link
        </button>
      </footer>
    </form>
  );
}

interface MadeProps {
  name: string;
  link: string;
  onAnother: () => void;
}

function Made({ name, link, onAnother }: MadeProps) {
  const id = useId();
  const [isCopied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard.writeText(link).then(() => setCopied(true));
  return (
    <div className="invite">
      <label className="people-name" htmlFor={id}>
        The link for {name}
      </label>
      <div className="invite-link">
        <input
          id={id}
          className="field-input"
          readOnly
          value={link}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" className="button primary" autoFocus onClick={copy}>
          {isCopied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
          {isCopied ? "Copied" : "Copy"}
        </button>
      </div>
      <p className="text-ink-soft" role="status">
        It is shown only now. Whoever opens it first is {name} from then on; sent to somebody else, it is theirs.
      </p>
      <footer className="invite-end">
        <button type="button" className="button" onClick={onAnother}>
          Invite another
        </button>
      </footer>
    </div>
  );
}
