/** What keys, menus and the toolbar do on the canvas. */
import { useReactFlow } from "@xyflow/react";
import { useMemo } from "react";
import type * as Y from "yjs";
import type { Specs } from "../document/load";
import { building } from "./commands/building";
import { clips } from "./commands/clips";
import { looking } from "./commands/looking";
import { ordering } from "./commands/ordering";
import type { Flow } from "./commands/view";
import type { FlowEdge, FlowNode } from "./flowTypes";
import { onScreen } from "./onScreen";

export type Looking = ReturnType<typeof looking>;
export type Editing = ReturnType<typeof building> & ReturnType<typeof clips> & ReturnType<typeof ordering>;

export interface Commands {
  look: Looking;
  /** Null on a canvas that only shows. */
  edit: Editing | null;
}

export function useCommands(doc: Y.Doc, specs: Specs, editable: boolean): Commands {
  const view = useReactFlow<FlowNode, FlowEdge>();
  return useMemo(() => {
    const flow: Flow = { ...view, nodes: () => onScreen.nodes, edges: () => onScreen.edges };
    const edit = () => ({ ...building(doc, specs, flow), ...clips(doc, specs, flow), ...ordering(doc, specs, flow) });
    return { look: looking(flow), edit: editable ? edit() : null };
  }, [doc, specs, view, editable]);
}
