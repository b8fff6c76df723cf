import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type * as Y from "yjs";
import type { ExecutionFrame, Problem, Workflow } from "../api/types";
import { showProblems } from "../canvas/problems";
import { select, selectNothing } from "../canvas/selection";
import { historyOf } from "../document/history";
import { load } from "../document/load";
import { project } from "../document/project";
import { answering, measureNothing } from "./fixtures/browser";
import { SPECS } from "./fixtures/specs";
import { Inspector } from "./Inspector";
import { NodeInspector } from "./inspector/NodeInspector";
import { ProblemList } from "./ProblemList";
import { openProblem, usePanel } from "./problems";
import type { RunView } from "./runView";

const WORKFLOW: Workflow = {
  id: "w",
  name: "Orders",
  config: { maxParallel: 4 },
  graph: {
    nodes: [
      { id: "start", type: "trigger.manual" },
      { id: "fetch", type: "http.request", name: "Fetch orders", params: { url: "https://a.example" } },
      { id: "total", type: "code.rhai", params: { code: "let a = 1;\na" } },
    ],
    edges: [
      { source: "start", target: "fetch" },
      { source: "fetch", target: "total" },
    ],
  },
};

const FRAME = {
  run: "r",
  nodeId: "fetch",
  openedSeq: 3,
  closedSeq: 4,
  attempt: 1,
  path: [],
  status: "COMPLETED",
  input: { a: 1 },
  output: { status: 200 },
  error: null,
  logs: [],
  memo: false,
  metrics: { durationMs: 12 },
} as unknown as ExecutionFrame;

const viewOf = (frame: ExecutionFrame): RunView => ({
  run: "r",
  seq: 9,
  frame: (id) => Promise.resolve(id === frame.nodeId ? frame : null),
});

let doc: Y.Doc;
const nodeNow = (id: string) => project(doc).graph.nodes.find((node) => node.id === id);
const tab = (name: string) => {
  const trigger = screen.getByRole("tab", { name: new RegExp(name) });
  fireEvent.mouseDown(trigger, { button: 0 });
  return trigger;
};
const type = (element: HTMLElement, value: string) => fireEvent.change(element, { target: { value } });

beforeEach(() => {
  measureNothing();
  answering({ "/functions": [], "/scripts/check": { problems: [] } });
  doc = load(WORKFLOW, SPECS);
  historyOf(doc);
  usePanel.setState({ tab: "parameters", focus: null });
  localStorage.clear();
});
afterEach(() => {
  cleanup();
  selectNothing();
  showProblems([]);
});

describe("the inspector of a node", () => {
  it("edits a parameter in the document, one step of undo for what was typed", () => {
    render(<Inspector doc={doc} nodeId="fetch" specs={SPECS} />);
    const url = screen.getByLabelText<HTMLInputElement>("URL*");
    type(url, "https://b");
    type(url, "https://b.example");
    fireEvent.blur(url);
    expect(nodeNow("fetch")?.params).toEqual({ url: "https://b.example" });
    act(() => void historyOf(doc).undo());
    expect(url.value).toBe("https://a.example");
  });

  it("renames, with spaces while typing, and an empty name goes", () => {
    render(<Inspector doc={doc} nodeId="fetch" specs={SPECS} />);
    tab("Settings");
    const name = screen.getByLabelText<HTMLInputElement>("Name");
    type(name, "Fetch ");
    expect(name.value).toBe("Fetch ");
    type(name, "");
    expect(nodeNow("fetch")).not.toHaveProperty("name");
  });

  it("sets how often to try again, and takes it back", () => {
    render(<Inspector doc={doc} nodeId="fetch" specs={SPECS} />);
    tab("Settings");
    expect(screen.queryByLabelText("Attempts in all")).toBeNull();
    fireEvent.click(screen.getByLabelText("Try again after a failure"));
    type(screen.getByLabelText("Attempts in all"), "5");
    expect(nodeNow("fetch")?.retry).toEqual({ maxAttempts: 5 });
    fireEvent.click(screen.getByLabelText("Try again after a failure"));
    expect(nodeNow("fetch")).not.toHaveProperty("retry");
  });
});

describe("the inspector of a node that ran", () => {
  it("shows what came out of the frame, and pins it", async () => {
    render(
      <NodeInspector doc={doc} id="fetch" specs={SPECS} view={viewOf(FRAME)} readOnly={false} onRun={undefined} />,
    );
    tab("Output");
    expect(await screen.findByRole("tree", { name: "Output" })).toBeTruthy();
    expect(screen.getByText("12 ms")).toBeTruthy();
    fireEvent.click(screen.getByText("Pin output"));
    await waitFor(() => expect(nodeNow("fetch")?.pinned).toEqual({ status: 200 }));
    fireEvent.click(screen.getByText("Unpin"));
    expect(nodeNow("fetch")).not.toHaveProperty("pinned");
  });

  it("says why it failed", async () => {
    const error = { kind: "httpStatus", message: "answered 500", hint: "is it up?" };
    render(
      <NodeInspector
        doc={doc}
        id="fetch"
        specs={SPECS}
        view={viewOf({ ...FRAME, status: "FAILED", error })}
        readOnly={false}
        onRun={undefined}
      />,
    );
    tab("Output");
    expect((await screen.findByRole("note")).textContent).toBe("httpStatus answered 500is it up?");
    expect(screen.queryByRole("tree")).toBeNull();
  });

  it("runs the draft to here, and the node alone on its input", async () => {
    const sent = answering({ "/workflows/w/runs": { runId: "new" }, "/functions": [] });
    const onRun = vi.fn();
    render(<NodeInspector doc={doc} id="fetch" specs={SPECS} view={viewOf(FRAME)} readOnly={false} onRun={onRun} />);
    fireEvent.click(screen.getByText("Run to here"));
    await waitFor(() => expect(onRun).toHaveBeenCalledWith("new"));
    expect(sent.at(-1)?.body).toMatchObject({ until: "fetch", input: {}, workflow: { id: "w" } });
    const alone = screen.getByRole("button", { name: "Run node" });
    await waitFor(() => expect(alone).toHaveProperty("disabled", false));
    fireEvent.click(alone);
    await waitFor(() => expect(sent.at(-1)?.body).toMatchObject({ only: "fetch", input: { a: 1 } }));
  });

  it("shows a refusal with its hint", async () => {
    answering({});
    render(<Inspector doc={doc} nodeId="fetch" specs={SPECS} />);
    fireEvent.click(screen.getByText("Run to here"));
    expect((await screen.findByRole("alert")).textContent).toMatch(/answered 404/);
  });

  it("edits code in the shared text, undone with the page", async () => {
    render(<Inspector doc={doc} nodeId="total" specs={SPECS} />);
    await waitFor(() => expect(document.querySelector(".cm-content")).not.toBeNull(), { timeout: 5000 });
    const content = document.querySelector<HTMLElement>(".cm-content");
    const { EditorView } = await import("@codemirror/view");
    const editor = content && EditorView.findFromDOM(content);
    act(() => editor?.dispatch({ changes: { from: 0, insert: "// x\n" }, userEvent: "input.type" }));
    expect(nodeNow("total")?.params).toEqual({ code: "// x\nlet a = 1;\na" });
    act(() => void historyOf(doc).undo());
    expect(editor?.state.doc.toString()).toBe("let a = 1;\na");
  });

  it("changes nothing when it is read-only", () => {
    render(<Inspector doc={doc} nodeId="fetch" specs={SPECS} readOnly />);
    expect(screen.queryByText("Run to here")).toBeNull();
    expect(screen.getByLabelText<HTMLInputElement>("URL*").readOnly).toBe(true);
  });
});

describe("the inspector", () => {
  it("edits the workflow when nothing is selected", () => {
    render(<Inspector doc={doc} nodeId={null} specs={SPECS} />);
    expect(screen.getByLabelText<HTMLInputElement>("Nodes at once").value).toBe("4");
    type(screen.getByLabelText("Nodes at once"), "8");
    type(screen.getByLabelText("Name"), "New {{ name }}");
    expect(project(doc)).toMatchObject({ name: "New {{ name }}", config: { maxParallel: 8 } });
    type(screen.getByLabelText("Most frames"), "10");
    expect(project(doc).config).toEqual({ maxParallel: 8, limits: { maxFrames: 10 } });
  });

  it("acts on several nodes at once", () => {
    select(["fetch", "total"]);
    render(<Inspector doc={doc} nodeId={null} specs={SPECS} />);
    expect(screen.getByRole("heading", { name: "2 nodes" })).toBeTruthy();
    fireEvent.click(screen.getByText("Pass over all"));
    expect([nodeNow("fetch")?.disabled, nodeNow("total")?.disabled]).toEqual([true, true]);
    act(() => void historyOf(doc).undo());
    expect(nodeNow("fetch")).not.toHaveProperty("disabled");
  });
});

describe("the problem list", () => {
  const PROBLEMS: Problem[] = [
    { severity: "warning", code: "b", message: "odd", place: { edge: 1 } },
    { severity: "error", code: "a", message: "not an address", hint: "https", place: { node: "fetch", param: "/url" } },
  ];

  it("names the place, errors first, and leads to the field", async () => {
    showProblems(PROBLEMS);
    render(
      <>
        <ProblemList doc={doc} specs={SPECS} />
        <Inspector doc={doc} nodeId="fetch" specs={SPECS} />
      </>,
    );
    const texts = [...document.querySelectorAll(".problem-list .problem-where")].map((where) => where.textContent);
    expect(texts).toEqual(["Fetch orders · URL", "fetch → total"]);
    fireEvent.click(screen.getAllByText("not an address")[0] as HTMLElement);
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("URL*")));
    expect(usePanel.getState().focus).toBeNull();
  });

  it("leads to the line of a script", async () => {
    render(<Inspector doc={doc} nodeId="total" specs={SPECS} />);
    const { EditorView } = await import("@codemirror/view");
    const caretLine = () => {
      const content = document.querySelector<HTMLElement>(".cm-content");
      const state = content && EditorView.findFromDOM(content)?.state;
      return state?.doc.lineAt(state.selection.main.head).number;
    };
    await waitFor(() => expect(caretLine()).toBe(1), { timeout: 5000 });
    const place = { node: "total", param: "/code", line: 2, column: 1 };
    act(() => openProblem(doc, { severity: "error", code: "syntax", message: "m", place }));
    await waitFor(() => expect(caretLine()).toBe(2));
  });

  it("says so when there are none", () => {
    render(<ProblemList doc={doc} specs={SPECS} />);
    expect(screen.getByText("No problems")).toBeTruthy();
  });
});
