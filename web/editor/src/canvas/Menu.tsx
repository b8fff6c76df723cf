/** What can be done here: the menu on a right click, and on the menu key. */
import { DropdownMenu } from "radix-ui";
import { create } from "zustand";
import type { Position } from "../api/types";
import { act, keyOf, type Action } from "../app/keys";
import { clipText } from "../document/paste";
import { say } from "../ui/say";
import { noteKeyOf, groupKeyOf } from "./flowTypes";
import { select, useSelection } from "./selection";
import type { Editing } from "./useCommands";

type On = "node" | "edge" | "pane";

const useMenu = create<{ open: (Position & { on: On }) | null }>(() => ({ open: null }));
const close = () => useMenu.setState({ open: null });

type Item = Action | "-";

const ITEMS: Record<On, readonly Item[]> = {
  node: [
    "edit",
    "rename",
    "runToHere",
    "comment",
    "-",
    "copy",
    "cut",
    "duplicate",
    "-",
    "disable",
    "group",
    "ungroup",
    "connect",
    "-",
    "delete",
  ],
  edge: ["comment", "-", "delete"],
  pane: ["add", "note", "paste", "-", "selectAll", "layout", "fit"],
};

const WORDS: Partial<Record<Action, string>> = {
  edit: "Edit parameters",
  rename: "Rename",
  runToHere: "Run to here",
  comment: "Comment",
  copy: "Copy",
  cut: "Cut",
  paste: "Paste",
  duplicate: "Duplicate",
  disable: "Disable or enable",
  group: "Group",
  ungroup: "Ungroup",
  connect: "Connect in a row",
  delete: "Delete",
  add: "Add a node",
  note: "Add a note",
  selectAll: "Select all",
  layout: "Arrange all nodes",
  fit: "Show all",
};

interface Pointed {
  clientX: number;
  clientY: number;
  target: EventTarget | null;
  preventDefault: () => void;
}

/** Opens the menu where the pointer is, or beside what has the keyboard. */
function open(event: Pointed, on: On) {
  event.preventDefault();
  const box = event.target instanceof Element ? event.target.getBoundingClientRect() : null;
  const byKey = event.clientX === 0 && event.clientY === 0 && box;
  useMenu.setState({
    open: byKey ? { x: box.left + 24, y: box.top + 24, on } : { x: event.clientX, y: event.clientY, on },
  });
}

/** Handlers for React Flow. */
export const menuHandlers = {
  onNodeContextMenu: (event: React.MouseEvent, node: { id: string }) => {
    if (!useSelection.getState().nodes.has(node.id)) select([node.id]);
    open(event, "node");
  },
  onSelectionContextMenu: (event: React.MouseEvent) => open(event, "node"),
  onEdgeContextMenu: (event: React.MouseEvent, edge: { id: string }) => {
    select([], [edge.id]);
    open(event, "edge");
  },
  onPaneContextMenu: (event: React.MouseEvent | MouseEvent) => open(event, "pane"),
};

export function Menu({ edit }: { edit: Editing }) {
  const menu = useMenu((store) => store.open);
  const nodes = useSelection((selection) => selection.nodes);
  if (!menu) return null;
  const items = tidy(ITEMS[menu.on].filter((item) => item === "-" || isUseful(item, nodes)));
  return (
    <DropdownMenu.Root open onOpenChange={(isOpen) => !isOpen && close()} modal={false}>
      <DropdownMenu.Trigger asChild>
        <span className="menu-anchor" style={{ left: menu.x, top: menu.y }} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu"
          align="start"
          sideOffset={2}
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          {items.map((item, at) =>
            item === "-" ? (
              <DropdownMenu.Separator key={at} />
            ) : (
              <DropdownMenu.Item
                key={item}
                className={item === "delete" ? "danger" : ""}
                onSelect={() => {
                  close();
                  // The menu gives the keyboard back first.
                  setTimeout(() => does(item, edit));
                }}
              >
                <span className="flex-1">{WORDS[item]}</span>
                <kbd>{keyOf(item)}</kbd>
              </DropdownMenu.Item>
            ),
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function isUseful(action: Action, nodes: ReadonlySet<string>): boolean {
  const isOne = nodes.size === 1;
  const [first] = nodes;
  const isStep = first !== undefined && noteKeyOf(first) === null && groupKeyOf(first) === null;
  if (action === "edit" || action === "rename" || action === "runToHere") return isOne && isStep;
  if (action === "comment") return nodes.size === 0 || (isOne && isStep);
  if (action === "connect") return nodes.size > 1;
  if (action === "ungroup") return [...nodes].some((id) => groupKeyOf(id) !== null);
  if (action === "disable" || action === "group") return [...nodes].some((id) => !noteKeyOf(id) && !groupKeyOf(id));
  return true;
}

/** No line at an end, and no two in a row. */
function tidy(items: readonly Item[]): Item[] {
  return items.filter((item, at) => item !== "-" || (at > 0 && at < items.length - 1 && items[at - 1] !== "-"));
}

function does(action: Action, edit: Editing) {
  if (action !== "copy" && action !== "cut" && action !== "paste") return act(action);
  const refused = () => say("The browser did not allow it. Use the keys instead.");
  if (action === "paste") return void navigator.clipboard.readText().then(edit.pasteText, refused);
  const clip = edit.clip();
  if (!clip) return;
  void navigator.clipboard.writeText(clipText(clip)).then(() => action === "cut" && edit.delete(), refused);
}
