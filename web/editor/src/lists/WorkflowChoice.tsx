/** One workflow of all, or all of them. */
import { useQuery } from "@tanstack/react-query";
import { listWorkflows } from "../api/workflows";

export function WorkflowChoice({ chosen, onChoose }: { chosen: string; onChoose: (workflow: string) => void }) {
  const { data } = useQuery({ queryKey: ["workflows", "names"], queryFn: () => listWorkflows() });
  const rows = data?.items ?? [];
  // A workflow that is not among the listed ones, or was removed, still has its runs.
  const isUnknown = chosen !== "" && !rows.some((row) => row.id === chosen);
  return (
    <select aria-label="Workflow" value={chosen} onChange={(event) => onChoose(event.target.value)}>
      <option value="">All workflows</option>
      {isUnknown && <option value={chosen}>{chosen}</option>}
      {rows.map((row) => (
        <option key={row.id} value={row.id}>
          {row.name || row.id}
        </option>
      ))}
    </select>
  );
}
