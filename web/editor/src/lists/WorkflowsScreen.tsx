/** All workflows. */
import { useQuery } from "@tanstack/react-query";
import { listWorkflows } from "../api/workflows";
import { Link } from "../ui/Link";

export function WorkflowsScreen() {
  const { data } = useQuery({ queryKey: ["workflows"], queryFn: () => listWorkflows() });
  return (
    <ul className="p-6">
      {data?.items.map((row) => (
        <li key={row.id}>
          <Link href={`/workflows/${row.id}`}>{row.name || row.id}</Link>
        </li>
      ))}
    </ul>
  );
}
