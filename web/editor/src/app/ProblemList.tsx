/** How many problems the workflow has; opened, which and where. */
import { CircleCheck, TriangleAlert } from "lucide-react";
import { Popover } from "radix-ui";
import { useState } from "react";
import type * as Y from "yjs";
import { useProblems } from "../canvas/problems";
import type { Specs } from "../document/load";
import { ProblemList as List } from "../panel/ProblemList";
import { countsOf } from "../panel/problems";
import { showNode } from "./showNode";

export function ProblemList({ doc, specs }: { doc: Y.Doc; specs: Specs }) {
  const problems = useProblems((store) => store.all);
  const [open, setOpen] = useState(false);
  if (problems.length === 0) {
    return (
      <span className="saved" title="The service found no problems">
        <CircleCheck size={14} aria-hidden />
        <span className="saved-words">No problems</span>
      </span>
    );
  }
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className={countsOf(problems).errors > 0 ? "saved problem" : "saved warning"}>
        <TriangleAlert size={14} aria-hidden />
        {problems.length}
        <span className="saved-words">{problems.length === 1 ? "problem" : "problems"}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover problems"
          sideOffset={8}
          align="start"
          aria-label="Problems"
          // The focus goes to the field that the problem leads to.
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          <List
            doc={doc}
            specs={specs}
            onOpen={({ place }) => {
              setOpen(false);
              if (place.node) showNode(place.node);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
