/** The settings of a node and of a workflow as schemas, so that the same form edits them. What they default to: DESIGN, section 5. */
import type * as Y from "yjs";
import type { Json, JsonSchema, NodeId } from "../api/types";
import * as edits from "../document/edits";
import { historyOf } from "../document/history";
import { fieldsOf, isRecord, type Field } from "../lib/schema";
import type { Target } from "./target";

const RETRY: JsonSchema = {
  type: "object",
  title: "Attempts",
  properties: {
    maxAttempts: { type: "integer", title: "Attempts in all", minimum: 1, default: 3 },
    delayMs: {
      type: "integer",
      title: "Wait before the second",
      description: "In milliseconds.",
      minimum: 0,
      default: 1000,
    },
    backoffMultiplier: {
      type: "number",
      title: "Then longer by",
      description: "Each further wait is this many times the one before.",
      minimum: 1,
      default: 2,
    },
    maxDelayMs: {
      type: "integer",
      title: "Longest wait",
      description: "In milliseconds.",
      minimum: 0,
      default: 3_600_000,
    },
    jitter: {
      type: "number",
      title: "Left to chance",
      description: "How much of a wait: from 0, none, to 1, all of it.",
      minimum: 0,
      maximum: 1,
      default: 0,
    },
  },
};

const NODE: JsonSchema = {
  properties: {
    name: { type: "string", title: "Name", description: "What people see. Expressions use the id, which stays." },
    notes: { type: "string", title: "Notes", "x-lines": 3 },
    disabled: { type: "boolean", title: "Pass over", description: "Its input goes on as its output.", default: false },
    onError: {
      title: "When it fails",
      description:
        "`stop`: the run, or the loop around it, fails. `continue`: what follows gets the error. `port`: only what hangs on the port `error` goes on. `pause`: the run waits to be repaired.",
      enum: ["stop", "continue", "port", "pause"],
      "x-unset": "As the workflow says",
    },
    timeoutMs: {
      type: "integer",
      title: "Time limit of an attempt",
      description: "In milliseconds.",
      minimum: 1,
      "x-unset": "No limit",
    },
    memo: {
      type: "boolean",
      title: "May be answered from an equal earlier result",
      description: "Only work without effects is.",
      default: true,
    },
    retrying: { type: "boolean", title: "Try again after a failure", default: false },
    retry: RETRY,
  },
};

const WORKFLOW: JsonSchema = {
  properties: {
    name: { type: "string", title: "Name" },
    description: { type: "string", title: "Description", "x-lines": 3 },
    tags: { type: "array", title: "Tags", items: { type: "string" } },
    maxParallel: { type: "integer", title: "Nodes at once", minimum: 1, default: 16 },
    errorHandling: {
      title: "When a node fails",
      description:
        "What nodes without a choice of their own do. `retry`: the failed part of the run is attempted again; completed frames stay.",
      enum: ["stop", "continue", "retry"],
      default: "stop",
    },
    retry: RETRY,
    memo: {
      type: "boolean",
      title: "Answer from equal earlier results",
      description: "Only work without effects is.",
      default: true,
    },
    healing: {
      title: "Healing",
      description:
        "What happens by itself when a run fails. `propose`: fixes are looked for and proven. `auto-safe`: the best one is applied too, when its proof is whole and it reaches nothing new.",
      enum: ["off", "propose", "auto-safe"],
      default: "off",
    },
    vars: { type: "object", title: "Constants", description: "In every expression as `vars`." },
    limits: {
      type: "object",
      title: "Limits of a run",
      properties: {
        maxFrames: { type: "integer", title: "Most frames", minimum: 1, default: 500_000 },
        maxDepth: { type: "integer", title: "Deepest nesting of workflows", minimum: 1, default: 16 },
        maxValueBytes: { type: "integer", title: "Largest value, in bytes", minimum: 1, default: 64 * 1024 * 1024 },
      },
    },
  },
};

type Values = Readonly<Record<string, Json>>;

export function nodeFields(values: Values): Field[] {
  return fieldsOf(NODE).filter(({ name }) => name !== "retry" || values["retrying"] === true);
}

export function workflowFields(values: Values): Field[] {
  return fieldsOf(WORKFLOW).filter(({ name }) => name !== "retry" || values["errorHandling"] === "retry");
}

/** A node's own fields as the form shows them. */
export function nodeSettings(node: Readonly<Record<string, unknown>>): Values {
  const values = node as Values;
  return isRecord(values["retry"]) ? { ...values, retrying: true } : values;
}

const shared = (doc: Y.Doc, key: string, readOnly: boolean) => ({
  key,
  readOnly,
  plain: true,
  text: () => null,
  settle: () => historyOf(doc).pause(),
  track: () => undefined,
  undo: () => void historyOf(doc).undo(),
  redo: () => void historyOf(doc).redo(),
});

export function nodeSettingsTarget(doc: Y.Doc, id: NodeId, readOnly: boolean): Target {
  return {
    ...shared(doc, `${id} settings`, readOnly),
    setParam: (name, value, typing = false) => {
      if (name === "retrying") edits.setNodeField(doc, id, "retry", value === true ? { maxAttempts: 3 } : undefined);
      else if (name === "disabled") edits.setDisabled(doc, [id], value === true);
      else edits.setNodeField(doc, id, name, value, typing);
    },
  };
}

const META = ["name", "description", "tags"] as const;

export function workflowTarget(doc: Y.Doc, readOnly: boolean): Target {
  return {
    ...shared(doc, "workflow", readOnly),
    setParam: (name, value) => {
      const meta = META.find((field) => field === name);
      if (meta) edits.setMeta(doc, meta, value);
      else edits.setConfig(doc, name, value);
    },
  };
}
