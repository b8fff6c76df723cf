/** Brings in a run that was exported, here or elsewhere, and shows it. */
import { FileUp } from "lucide-react";
import { useRef, useState } from "react";
import { addressOf, go } from "../app/router";
import { complain } from "../run/actions";
import { importRun } from "../run/api";

export function ImportRun() {
  const [isBusy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const bring = async (file: File | undefined) => {
    if (!file) return;
    setBusy(true);
    try {
      const { runId } = await importRun(file);
      go(addressOf({ screen: "run", id: runId, seq: null, node: null, diff: null }));
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  return (
    <>
      <button type="button" className="button" disabled={isBusy} onClick={() => input.current?.click()}>
        <FileUp size={14} aria-hidden />
        Import run
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="A file with a run"
        onChange={(event) => {
          void bring(event.target.files?.[0]);
          // The same file can be chosen again.
          event.target.value = "";
        }}
      />
    </>
  );
}
