/** Brings workflows in: from files, or from text that was pasted. */
import { useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useState, type DragEvent } from "react";
import { ServiceError } from "../api/client";
import { importWorkflow, type SavedWorkflow } from "../api/workflows";
import { addressOf, go } from "../app/router";
import { counted } from "../lib/words";
import { Dialog } from "../ui/Dialog";
import { say } from "../ui/say";

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [refusals, setRefusals] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const queries = useQueryClient();
  const bring = async (texts: { name: string; text: string }[]) => {
    setBusy(true);
    const saved: SavedWorkflow[] = [];
    const refused: string[] = [];
    for (const { name, text: content } of texts) {
      await importWorkflow(content).then(
        (one) => saved.push(one),
        (error: unknown) => refused.push(`${name}: ${sentence(error)}`),
      );
    }
    setBusy(false);
    setRefusals(refused);
    await queries.invalidateQueries({ queryKey: ["workflows"] });
    if (refused.length > 0) return;
    onClose();
    const [only] = saved;
    if (saved.length === 1 && only) go(addressOf({ screen: "workflow", id: only.id }));
    else say(`Imported ${counted(saved.length, "workflow")}.`);
  };
  const files = async (list: FileList | null) => {
    const found = [...(list ?? [])];
    if (found.length > 0)
      await bring(await Promise.all(found.map(async (file) => ({ name: file.name, text: await file.text() }))));
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void files(event.dataTransfer.files);
  };
  return (
    <Dialog open onClose={onClose} title="Import workflows" about="YAML or JSON files, or the text of one.">
      <div className="import" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
        <label className="drop">
          <FileUp size={20} aria-hidden />
          <span>Choose files, or drop them here</span>
          <input
            type="file"
            multiple
            accept=".yaml,.yml,.json"
            disabled={busy}
            onChange={(event) => void files(event.target.files)}
          />
        </label>
        <label>
          <span className="field-label">Or paste the text</span>
          <textarea rows={9} spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        {refusals.map((refusal) => (
          <p key={refusal} className="field-error" role="alert">
            {refusal}
          </p>
        ))}
        <button
          type="button"
          className="button primary"
          disabled={busy || text.trim() === ""}
          onClick={() => void bring([{ name: "The text", text }])}
        >
          Import
        </button>
      </div>
    </Dialog>
  );
}

function sentence(error: unknown): string {
  if (error instanceof ServiceError) return [error.message, error.hint].filter(Boolean).join(". ");
  return error instanceof Error ? error.message : String(error);
}
