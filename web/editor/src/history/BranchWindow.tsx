/** Makes a branch: a copy that knows where it came from, and opens it. */
import { GitBranch } from "lucide-react";
import { useState, type FormEvent } from "react";
import { addressOf, go } from "../app/router";
import type { Opened } from "../document/open";
import { useWorkflow } from "../document/useDocument";
import { Dialog } from "../ui/Dialog";
import { say } from "../ui/say";
import { makeBranch } from "./branching";
import { closeWindow } from "./historyStore";
import { Wrong } from "./VersionsRoom";

interface BranchProps {
  workflow: string;
  opened: Opened;
  hash: string | null;
}

export function BranchWindow({ workflow, opened, hash }: BranchProps) {
  const now = useWorkflow(opened.doc);
  const [name, setName] = useState(`${now.name || workflow} (branch)`);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { id } = await makeBranch(workflow, opened, { name, hash });
      closeWindow();
      go(addressOf({ screen: "workflow", id }));
      say(`This is the branch. ${now.name || workflow} stays as it is.`);
    } catch (error) {
      setBusy(false);
      setError(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const about =
    hash === null
      ? "A copy of the workflow as it is now, to try something in. It can be merged back, part by part."
      : "A copy of the version that is shown, to try something else from there. It can be merged back, part by part; what the workflow has changed since is then taken back only where you say so.";
  return (
    <Dialog open onClose={closeWindow} title="Branch" about={about}>
      <form className="history-form" onSubmit={(event) => void make(event)}>
        <label>
          <span className="field-label">Name of the branch</span>
          <input
            className="history-field"
            autoFocus
            required
            maxLength={200}
            value={name}
            onFocus={(event) => event.target.select()}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        {error && <Wrong error={error} />}
        <footer className="history-foot">
          <button type="button" className="button" onClick={closeWindow}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={isBusy || name.trim() === ""}>
            <GitBranch size={14} aria-hidden /> Make the branch
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
