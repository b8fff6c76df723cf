import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Json, Problem } from "../api/types";
import { fieldOf, fieldsOf } from "../lib/schema";
import { answering, measureNothing } from "./fixtures/browser";
import { specOf } from "./fixtures/specs";
import { Form } from "./Form";
import type { Scope } from "./scope";
import type { Target } from "./target";

const written = vi.fn<(name: string, value: Json | undefined, typing?: boolean) => void>();

interface Given {
  type: string;
  params?: Record<string, Json>;
  problems?: Problem[];
  scope?: Scope;
  readOnly?: boolean;
}

const FORM_TARGET: Target = {
  key: "n",
  readOnly: false,
  setParam: () => undefined,
  text: () => null,
  settle: () => undefined,
  track: () => undefined,
  undo: () => undefined,
  redo: () => undefined,
};

/** A form over parameters that live in a component's state. */
function Held({ type, params = {}, problems = [], scope, readOnly = false }: Given) {
  const [values, setValues] = useState(params);
  const spec = specOf(type);
  const [target] = useState<Target>(() => ({
    ...FORM_TARGET,
    readOnly,
    setParam: (name, value, typing) => {
      written(name, value, typing);
      setValues((before) => {
        const others = Object.entries(before).filter(([other]) => other !== name);
        return Object.fromEntries(value === undefined ? others : [...others, [name, value]]);
      });
    },
  }));
  return (
    <Form
      fields={fieldsOf(spec.params, spec)}
      values={values}
      target={target}
      problems={problems}
      surroundings={{ scope: scope ?? null, before: [], inLoop: false }}
    />
  );
}

const show = (given: Given) => render(<Held {...given} />);
const input = (name: string) => screen.getByLabelText<HTMLInputElement>(name);
const type = (element: HTMLElement, value: string) => fireEvent.change(element, { target: { value } });

beforeEach(() => {
  measureNothing();
  answering({ "/functions": [] });
});
afterEach(() => {
  cleanup();
  written.mockClear();
});

describe("a form", () => {
  it("writes only the field that was changed, and as typing", () => {
    show({ type: "http.request" });
    type(input("URL*"), "https://a.example");
    expect(written.mock.calls).toEqual([["url", "https://a.example", true]]);
  });

  it("shows defaults without writing them, and goes back to them", () => {
    show({ type: "http.request" });
    expect(input("Time limit").placeholder).toBe("30000");
    expect(input("Time limit").value).toBe("");
    type(input("Time limit"), "50");
    fireEvent.click(screen.getByLabelText("Time limit: back to 30000"));
    expect(written.mock.calls).toEqual([
      ["timeoutMs", 50, true],
      ["timeoutMs", undefined, undefined],
    ]);
  });

  it("keeps a number that cannot be read in view, unwritten and explained", () => {
    show({ type: "http.request", params: { timeoutMs: 5 } });
    type(input("Time limit"), "5x");
    expect(input("Time limit").value).toBe("5x");
    expect(written).not.toHaveBeenCalled();
    expect(input("Time limit").getAttribute("aria-invalid")).toBe("true");
    const said = input("Time limit").getAttribute("aria-describedby")?.split(" ")[0] ?? "";
    expect(document.getElementById(said)?.textContent).toBe("not a number");
  });

  it("ties a problem of the service to its field", () => {
    const problem: Problem = {
      severity: "error",
      code: "invalid-parameter",
      message: "not an address",
      hint: "begin with https://",
      place: { node: "n", param: "/url" },
    };
    show({ type: "http.request", params: { url: "x" }, problems: [problem] });
    const ids = input("URL*").getAttribute("aria-describedby")?.split(" ") ?? [];
    const texts = ids.map((id) => document.getElementById(id)?.textContent);
    expect(texts[0]).toBe("not an address begin with https://");
    expect(texts[1]).toMatch(/^Where to/);
    expect(input("Method").getAttribute("aria-invalid")).toBeNull();
  });

  it("gives a list as JSON, and as nothing else where no expressions are", () => {
    const field = fieldOf("tags", { type: "array", items: { type: "string" } });
    const set = vi.fn();
    const target = { ...FORM_TARGET, plain: true, setParam: set };
    render(<Form fields={[field]} values={{ tags: ["{{ a }}"] }} target={target} />);
    expect(input("Tags, item 1").value).toBe("{{ a }}");
    fireEvent.click(screen.getByRole("button", { name: "Tags as JSON" }));
    type(input("Tags"), '["b"]');
    expect(set.mock.lastCall).toEqual(["tags", ["b"], true]);
  });

  it("can only be read when it is read-only", () => {
    show({ type: "http.request", params: { url: "x" }, readOnly: true });
    expect(input("URL*").readOnly).toBe(true);
    expect(screen.queryByRole("button")).toBeNull();
  });
});

describe("a record with free names", () => {
  it("grows, is renamed and shrinks", () => {
    show({ type: "http.request", params: { url: "x" } });
    fireEvent.click(screen.getByText("Add to headers"));
    const name = input("Headers, name 1");
    expect(name.value).toBe("field1");
    type(name, "Accept");
    expect(written).toHaveBeenCalledTimes(1);
    fireEvent.blur(name);
    type(input("Headers, Accept"), "text/plain");
    expect(written.mock.lastCall).toEqual(["headers", { Accept: "text/plain" }, true]);
    fireEvent.click(screen.getByLabelText("Remove Accept"));
    expect(written.mock.lastCall).toEqual(["headers", undefined, undefined]);
  });

  it("does not take a name twice", () => {
    show({ type: "http.request", params: { headers: { A: "1", B: "2" } } });
    const name = input("Headers, name 2");
    type(name, "A");
    expect(name.getAttribute("aria-invalid")).toBe("true");
    fireEvent.blur(name);
    expect(written).not.toHaveBeenCalled();
    expect(name.value).toBe("B");
  });

  it("holds values of any kind", () => {
    show({ type: "data.set", params: { fields: { n: "12" } } });
    fireEvent.change(screen.getByLabelText("Fields, n is given as"), { target: { value: "number" } });
    expect(written.mock.lastCall?.slice(0, 2)).toEqual(["fields", { n: 12 }]);
  });
});

describe("a list", () => {
  it("grows with what is needed, moves and shrinks", () => {
    show({ type: "data.sort", params: { by: [{ field: "a" }, { field: "b" }] } });
    fireEvent.click(screen.getByLabelText("Move Sort by 2 up"));
    expect(written.mock.lastCall?.[1]).toEqual([{ field: "b" }, { field: "a" }]);
    fireEvent.click(screen.getByLabelText("Remove Sort by 1"));
    expect(written.mock.lastCall?.[1]).toEqual([{ field: "a" }]);
    fireEvent.click(screen.getByText("Add to sort by"));
    expect(written.mock.lastCall?.[1]).toEqual([{ field: "a" }, {}]);
  });

  it("names the fields of its records", () => {
    show({ type: "flow.switch", params: { cases: [{ port: "a", equals: 1 }] } });
    const list = screen.getByRole("group", { name: "Cases" });
    type(within(list).getByLabelText("Port*"), "b");
    expect(written.mock.lastCall).toEqual(["cases", [{ port: "b", equals: 1 }], true]);
  });
});

const SCOPE: Scope = { source: { run: "r", frame: 4 }, values: { input: { total: 3 } }, from: "frame 4" };

describe("an expression", () => {
  it("begins when two braces are typed, and is closed", () => {
    show({ type: "http.request" });
    type(input("URL*"), "https://{{");
    expect(written.mock.lastCall).toEqual(["url", "https://{{}}", true]);
    expect(screen.getByLabelText("URL as an expression").getAttribute("aria-pressed")).toBe("true");
  });

  it("is pasted as it is", () => {
    show({ type: "http.request" });
    type(input("URL*"), "{{ input.url }}/a");
    expect(written.mock.lastCall).toEqual(["url", "{{ input.url }}/a", true]);
  });

  it("is what a dragged value becomes, where no text is", () => {
    show({ type: "http.request" });
    const dataTransfer = { types: ["application/x-flowforge-path"], getData: () => "input.ms" };
    fireEvent.drop(input("Time limit"), { dataTransfer });
    expect(written.mock.lastCall?.slice(0, 2)).toEqual(["timeoutMs", "{{ input.ms }}"]);
    fireEvent.drop(input("URL*"), { dataTransfer });
    expect(written).toHaveBeenCalledTimes(1);
  });

  it("is what a condition starts as", () => {
    show({ type: "flow.if" });
    expect(screen.getByLabelText("Condition as an expression").getAttribute("aria-pressed")).toBe("true");
  });

  it("shows what it gives for the frame's values", async () => {
    const sent = answering({ "/expressions": { value: true, bytes: 4 }, "/functions": [] });
    show({ type: "flow.if", params: { condition: "{{ input.total > 2 }}" }, scope: SCOPE });
    expect(await screen.findByText("true", {}, { timeout: 2000 })).toBeTruthy();
    expect(sent.filter(({ path }) => path === "/expressions")).toEqual([
      { path: "/expressions", body: { text: "{{ input.total > 2 }}", scope: { run: "r", frame: 4 } } },
    ]);
  });

  it("says what is wrong and at which column", async () => {
    const problem = { severity: "error", code: "syntax", message: "no such name", place: { line: 1, column: 4 } };
    answering({ "/expressions": { problem }, "/functions": [] });
    show({ type: "flow.if", params: { condition: "{{ inptu }}" } });
    expect(await screen.findByText(/column 4: /)).toBeTruthy();
  });

  it("is edited in a real editor, which undoes with the page", async () => {
    show({ type: "flow.if", params: { condition: "{{ input }}" } });
    await waitFor(() => expect(document.querySelector(".cm-content")).not.toBeNull(), { timeout: 5000 });
    const content = document.querySelector(".cm-content");
    expect(content?.getAttribute("aria-label")).toBe("Condition");
    expect(content?.textContent).toBe("{{ input }}");
    act(() => {
      fireEvent.click(screen.getByLabelText("Condition as an expression"));
    });
    expect(written.mock.lastCall?.slice(0, 2)).toEqual(["condition", undefined]);
    expect(screen.getByRole("switch")).toBeTruthy();
  });
});
