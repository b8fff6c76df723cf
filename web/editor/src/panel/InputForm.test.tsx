import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Json, Workflow } from "../api/types";
import { InputForm } from "./InputForm";
import { knownInput, lastInputs, rememberInput } from "./runInput";

const withSchema = (schema?: Json): Workflow => ({
  id: "w",
  graph: {
    nodes: [{ id: "s", type: "trigger.manual", ...(schema !== undefined && { params: { schema } }) }],
    edges: [],
  },
});
const SCHEMA = {
  type: "object",
  required: ["id"],
  properties: {
    id: { type: "integer", title: "Order" },
    note: { type: "string" },
    fast: { type: "boolean", default: true },
  },
};

const start = vi.fn<(input: Json) => void>();
const show = (workflow: Workflow) => render(<InputForm workflow={workflow} action="Run" start={start} />);
const press = () => fireEvent.click(screen.getByRole("button", { name: "Run" }));

beforeEach(() => localStorage.clear());
afterEach(() => {
  cleanup();
  start.mockClear();
});

describe("the input of a run", () => {
  it("is a form of the trigger's schema", () => {
    show(withSchema(SCHEMA));
    expect(screen.getByRole("status").textContent).toBe("To fill in: Order");
    fireEvent.change(screen.getByLabelText("Order*"), { target: { value: "7" } });
    fireEvent.change(screen.getByLabelText("Note"), { target: { value: "{{ as it is }}" } });
    press();
    expect(start).toHaveBeenCalledWith({ fast: true, id: 7, note: "{{ as it is }}" });
  });

  it("can be given as JSON all the same", () => {
    show(withSchema(SCHEMA));
    fireEvent.click(screen.getByLabelText("JSON"));
    fireEvent.change(screen.getByLabelText("Input, as JSON"), { target: { value: '{"id": 1}' } });
    press();
    expect(start).toHaveBeenCalledWith({ id: 1 });
  });

  it("is JSON without a schema, and not sent while it cannot be read", () => {
    show(withSchema());
    const field = screen.getByLabelText<HTMLTextAreaElement>("Input, as JSON");
    expect(field.value).toBe("{}");
    fireEvent.change(field, { target: { value: "[1," } });
    expect(field.value).toBe("[1,");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByRole("button", { name: "Run" })).toHaveProperty("disabled", true);
    fireEvent.change(field, { target: { value: "[1, 2]" } });
    press();
    expect(start).toHaveBeenCalledWith([1, 2]);
  });

  it("begins with what the last run was given", () => {
    rememberInput("w", { a: 1 });
    rememberInput("w", { a: 2 });
    rememberInput("w", { a: 1 });
    expect(lastInputs("w")).toEqual([{ a: 1 }, { a: 2 }]);
    show(withSchema());
    expect(JSON.parse(screen.getByLabelText<HTMLTextAreaElement>("Input, as JSON").value)).toEqual({ a: 1 });
    fireEvent.click(screen.getByText('{"a":2}'));
    press();
    expect(start).toHaveBeenCalledWith({ a: 2 });
  });

  it("is asked for only when something is needed and nothing was given before", () => {
    expect(knownInput(withSchema())).toEqual({});
    expect(knownInput(withSchema(SCHEMA))).toBeUndefined();
    rememberInput("w", { id: 3 });
    expect(knownInput(withSchema(SCHEMA))).toEqual({ id: 3 });
  });

  it("is not kept when it is long, and a broken store is an empty one", () => {
    rememberInput("w", "x".repeat(70_000));
    expect(lastInputs("w")).toEqual([]);
    localStorage.setItem("flowforge/inputs/w", "{");
    expect(lastInputs("w")).toEqual([]);
  });
});
