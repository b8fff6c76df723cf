/** What can be done with the workflow as a whole, at the right end of its head. */
import { EllipsisVertical, FileClock, History } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { Suspense } from "react";
import type { Opened } from "../document/open";
import { useHistoryPanel } from "../history/historyStore";
import { runsAddress } from "../lists/runFilter";
import { Link } from "../ui/Link";
import { ChatButton } from "./ChatButton";
import { act, findHandler, keyOf, type Action } from "./keys";
import { RunButton } from "./RunButton";
import { go } from "./router";
import { People, PublishButton } from "./slots";

interface ToolsProps {
  id: string;
  opened: Opened;
  canEdit: boolean;
  onRun: (run: string) => void;
}

export function WorkflowTools({ id, opened, canEdit, onRun }: ToolsProps) {
  return (
    <>
      <Suspense>
        <People />
      </Suspense>
      <Link
        className="tool in-menu"
        href={runsAddress({ workflow: id })}
        aria-label="Runs of this workflow"
        title="Its runs"
      >
        <History size={16} aria-hidden />
      </Link>
      <HistoryButton />
      <WorkflowMenu id={id} />
      <ChatButton />
      <Suspense>
        <PublishButton workflow={id} canEdit={canEdit} />
      </Suspense>
      {canEdit && <RunButton id={id} opened={opened} onStarted={onRun} />}
    </>
  );
}

function HistoryButton() {
  const isOpen = useHistoryPanel((panel) => panel.isOpen);
  return (
    <button
      type="button"
      className="tool in-menu"
      aria-label="History of this workflow"
      aria-pressed={isOpen}
      title={`History (${keyOf("versions")})`}
      onClick={() => act("versions")}
    >
      <FileClock size={16} aria-hidden />
    </button>
  );
}

const ITEMS: readonly [Action, string][] = [
  ["versions", "History"],
  ["publish", "Publish…"],
  ["branch", "Branch…"],
  ["mergeBack", "Merge back…"],
];

/** Whatever of it can be done now. */
function WorkflowMenu({ id }: { id: string }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="tool" aria-label="More for this workflow" title="More">
        <EllipsisVertical size={16} aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          <DropdownMenu.Item onSelect={() => go(runsAddress({ workflow: id }))}>
            Runs of this workflow
          </DropdownMenu.Item>
          <Items />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** Asked when the menu opens, for what can be done changes. */
function Items() {
  return ITEMS.filter(([action]) => findHandler(action)).map(([action, words]) => (
    // The menu gives the keyboard back first.
    <DropdownMenu.Item key={action} onSelect={() => setTimeout(() => act(action))}>
      <span className="flex-1">{words}</span>
      {keyOf(action) && <kbd>{keyOf(action)}</kbd>}
    </DropdownMenu.Item>
  ));
}
