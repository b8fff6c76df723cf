/** What the list of workflows does to them. */
import type { Workflow } from "../api/types";
import { createWorkflow, exportWorkflow, getWorkflow, removeWorkflow } from "../api/workflows";
import { say } from "../ui/say";

/** A new workflow that can be run at once: it has its trigger. */
export async function newWorkflow(): Promise<string> {
  const start = { id: "start", type: "trigger.manual", position: { x: 0, y: 0 } };
  const { id } = await createWorkflow({ name: "Untitled", graph: { nodes: [start], edges: [] } });
  return id;
}

export async function duplicateWorkflow(id: string): Promise<string> {
  const { workflow } = await getWorkflow(id);
  const copy: Partial<Workflow> & Pick<Workflow, "graph"> = { ...workflow, name: `${workflow.name ?? id} (copy)` };
  // The service gives it an id of its own.
  delete copy.id;
  delete copy.version;
  return (await createWorkflow(copy, id)).id;
}

/** Removes a workflow; for a moment it can be brought back as it was. */
export async function removeWithUndo(id: string, title: string, changed: () => void): Promise<void> {
  const { workflow } = await getWorkflow(id);
  await removeWorkflow(id);
  say(`Deleted ${title}. Its runs stay.`, {
    label: "Undo",
    act: () => {
      createWorkflow(workflow, id).then(changed, (error: Error) =>
        say(`It could not be brought back: ${error.message}`),
      );
    },
  });
}

export async function exportToFile(id: string, format: "yaml" | "json"): Promise<void> {
  const text = await exportWorkflow(id, format);
  const url = URL.createObjectURL(new Blob([text], { type: `application/${format}` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${id}.${format}`;
  link.click();
  // The download has begun once the click was handled.
  setTimeout(() => URL.revokeObjectURL(url));
}
