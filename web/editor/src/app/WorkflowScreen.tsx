/** The editor of one workflow. */
import { useCatalogue } from "../api/catalogue";
import { Canvas } from "../canvas/Canvas";
import { useOpened } from "./useOpened";

export function WorkflowScreen({ id }: { id: string }) {
  const { specs } = useCatalogue();
  const opening = useOpened(id, specs);
  if (opening.kind === "failed") return <p role="alert">{opening.error.message}</p>;
  if (opening.kind === "opening" || !specs) return <p>Opening…</p>;
  return (
    <div className="h-full">
      <Canvas doc={opening.opened.doc} specs={specs} />
    </div>
  );
}
