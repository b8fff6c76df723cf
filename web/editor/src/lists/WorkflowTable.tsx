/** Workflows as rows. */
import { useQueryClient } from "@tanstack/react-query";
import { Copy, Download, EllipsisVertical, Trash2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useMayEdit } from "../api/session";
import type { WorkflowRow } from "../api/workflows";
import { addressOf, go } from "../app/router";
import { ago } from "../lib/words";
import { Link } from "../ui/Link";
import { StatusDot } from "../ui/StatusDot";
import { say } from "../ui/say";
import { duplicateWorkflow, exportToFile, removeWithUndo } from "./changes";

export function WorkflowTable({ rows }: { rows: readonly WorkflowRow[] }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Last run</th>
          <th scope="col" className="number">
            Nodes
          </th>
          <th scope="col">Changed</th>
          <th scope="col">
            <span className="sr-only">More</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td>
              <Link className="row-link" href={addressOf({ screen: "workflow", id: row.id })}>
                {row.name || row.id}
              </Link>
              <span className="row-sub">
                <code>{row.id}</code>
                {row.tags.map((tag) => (
                  <span key={tag} className="tag small">
                    {tag}
                  </span>
                ))}
                <span className="truncate" title={row.description ?? undefined}>
                  {row.description}
                </span>
              </span>
            </td>
            <td>
              <LastRun row={row} />
            </td>
            <td className="number">{row.nodes}</td>
            <td className="whitespace-nowrap text-ink-soft">{ago(row.updatedAt)}</td>
            <td className="row-more">
              <More row={row} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function LastRun({ row: { lastRun } }: { row: WorkflowRow }) {
  if (!lastRun) return <span className="text-ink-soft">Never</span>;
  return (
    <Link className="run-link" href={addressOf({ screen: "run", id: lastRun.run, seq: null, node: null, diff: null })}>
      <StatusDot status={lastRun.status} named />
      <span className="text-ink-soft">{ago(lastRun.started)}</span>
    </Link>
  );
}

function More({ row: { id, name } }: { row: WorkflowRow }) {
  const queries = useQueryClient();
  const mayEdit = useMayEdit();
  const reread = () => queries.invalidateQueries({ queryKey: ["workflows"] });
  const attempt = (work: Promise<unknown>) =>
    void work.then(reread).catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="tool" aria-label={`More for ${name || id}`}>
        <EllipsisVertical size={16} aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          {mayEdit && (
            <DropdownMenu.Item
              onSelect={() =>
                attempt(duplicateWorkflow(id).then((copy) => go(addressOf({ screen: "workflow", id: copy }))))
              }
            >
              <Copy size={14} aria-hidden />
              Duplicate
            </DropdownMenu.Item>
          )}
          <DropdownMenu.Item onSelect={() => attempt(exportToFile(id, "yaml"))}>
            <Download size={14} aria-hidden />
            Export as YAML
          </DropdownMenu.Item>
          <DropdownMenu.Item onSelect={() => attempt(exportToFile(id, "json"))}>
            <Download size={14} aria-hidden />
            Export as JSON
          </DropdownMenu.Item>
          {mayEdit && (
            <>
              <DropdownMenu.Separator />
              <DropdownMenu.Item
                className="danger"
                onSelect={() => attempt(removeWithUndo(id, name || id, () => void reread()))}
              >
                <Trash2 size={14} aria-hidden />
                Delete
              </DropdownMenu.Item>
            </>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
