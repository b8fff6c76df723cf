/** Repeatable chance for the laws in the tests: the same seed gives the same workflow and the same edits. */
import type { Json, NodeSpec, Workflow, WorkflowNode } from "../api/types";

export class Chance {
  constructor(private state: number) {}

  /** From 0 up to, not including, `below`. */
  next(below: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * below);
  }

  one<T>(list: readonly T[]): T {
    return list[this.next(list.length)] as T;
  }

  maybe(): boolean {
    return this.next(2) === 0;
  }

  some<T>(list: readonly T[]): T[] {
    return list.filter(() => this.next(3) === 0);
  }

  text(): string {
    return Array.from({ length: this.next(12) }, () => this.one(["a", "b", " ", "\n", "ß", "😀", "{{ x }}", '"'])).join(
      "",
    );
  }

  json(depth = 2): Json {
    switch (this.next(depth > 0 ? 7 : 5)) {
      case 0:
        return null;
      case 1:
        return this.maybe();
      case 2:
        return this.next(1000) - 500;
      case 3:
        return this.next(1000) / 8;
      case 4:
        return this.text();
      case 5:
        return Array.from({ length: this.next(4) }, () => this.json(depth - 1));
      default:
        return Object.fromEntries(
          ["x", "y", "$schema"].filter(() => this.maybe()).map((name) => [name, this.json(depth - 1)]),
        );
    }
  }
}

const port = (name: string) => ({ name, type: "any", about: "" });

/** A node type as the catalogue would name it, with `code` as shared text. */
export const codeSpec: NodeSpec = {
  type: "code.rhai",
  title: "Script",
  summary: "",
  docs: "",
  icon: "code",
  words: [],
  role: "action",
  inputs: [port("in")],
  outputs: [port("out")],
  params: {},
  lazy: [],
  code: ["code"],
  errors: [],
  examples: [],
};

const TYPES = ["code.rhai", "http.request", "data.set", "flow.for_each", "no.such_type"];

export function anyWorkflow(chance: Chance): Workflow {
  const ids = Array.from({ length: chance.next(9) }, (_, at) => `n${at}`);
  const optional = <T>(make: () => T): T | undefined => (chance.maybe() ? make() : undefined);
  const nodes = ids.map((id) =>
    clean({
      id,
      type: chance.one(TYPES),
      name: optional(() => chance.text()),
      params: optional(() =>
        Object.fromEntries(["code", "url", "n"].filter(() => chance.maybe()).map((p) => [p, chance.json()])),
      ),
      parent: ids.length > 0 && chance.next(4) === 0 ? chance.one(ids) : undefined,
      disabled: optional(() => chance.maybe()),
      retry: optional(() => ({ maxAttempts: chance.next(5) })),
      position: optional(() => ({ x: chance.next(900), y: chance.next(900) })),
      pinned: optional(() => chance.json()),
      somethingNew: optional(() => chance.json()),
    }),
  ) as unknown as WorkflowNode[];
  const edges =
    ids.length === 0
      ? []
      : Array.from({ length: chance.next(10) }, () =>
          clean({
            id: optional(() => `e${chance.next(1000)}`),
            source: chance.one(ids),
            sourcePort: optional(() => chance.one(["out", "true", "error"])),
            target: chance.one(ids),
            targetPort: optional(() => "in"),
            label: optional(() => chance.json()),
          }),
        );
  const lists = clean({
    notes: optional(() =>
      ids
        .slice(0, chance.next(3))
        .map((_, at) => ({ id: `note${at}`, text: chance.text(), x: at, y: 2, width: 3, height: 4, color: "yellow" })),
    ),
    groups: optional(() =>
      ids
        .slice(0, chance.next(3))
        .map((_, at) => ({ id: `group${at}`, title: chance.text(), nodes: chance.some(ids), color: "stone" })),
    ),
    viewport: optional(() => chance.json()),
  });
  return clean({
    id: "w",
    name: optional(() => chance.text()),
    description: optional(() => chance.text()),
    version: optional(() => chance.next(9)),
    tags: optional(() => ["a", "b"]),
    config: optional(() => (chance.maybe() ? {} : { maxParallel: chance.next(9), $empty2: chance.json() })),
    graph: { nodes, edges, ...lists },
    notes: optional(() => chance.json()),
    params: optional(() => chance.json()),
    $schema: optional(() => "https://example.com/workflow.json"),
  }) as unknown as Workflow;
}

/** Without the fields that are undefined: JSON has none. */
function clean(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
