/** What a fork is to do differently: nothing, another input for a node, or another parameter or other code. */
import { useEffect, useState } from "react";
import type { Json, NodeId, Workflow, WorkflowNode } from "../api/types";
import { writeJsonOf } from "../lib/exact";
import type { Change } from "./ForkDialog";
import { parseField, parseJson } from "./parse";

interface Props {
  workflow: Workflow | null;
  /** The node of the moment. */
  node: NodeId | null;
  nameOf: (node: NodeId) => string;
  /** As text, with its numbers as they were. */
  inputOf: (node: NodeId) => Promise<string>;
  /** Null while what was typed is no value. */
  onChange: (change: Change | null) => void;
}

type Kind = Change["kind"];

export function ForkEdit({ workflow, node, nameOf, inputOf, onChange }: Props) {
  const [kind, setKind] = useState<Kind>("none");
  const nodes = workflow?.graph.nodes ?? [];
  const [chosen, setChosen] = useState<NodeId>((nodes.find((each) => each.id === node) ?? nodes[0])?.id ?? "");
  const target = nodes.find((each) => each.id === chosen);
  const pick = (next: Kind) => {
    setKind(next);
    onChange(next === "none" ? { kind: "none" } : null);
  };
  return (
    <fieldset className="fork-edit">
      <legend className="field-label">What is different</legend>
      <div className="fork-kinds">
        <select aria-label="What is different" value={kind} onChange={(event) => pick(event.target.value as Kind)}>
          <option value="none">Nothing: go on from here again</option>
          <option value="input">The input of a node</option>
          <option value="param">A parameter or the code of a node</option>
        </select>
        {kind !== "none" && (
          <select aria-label="Node" value={chosen} onChange={(event) => setChosen(event.target.value)}>
            {nodes.map((each) => (
              <option key={each.id} value={each.id}>
                {nameOf(each.id)}
              </option>
            ))}
          </select>
        )}
      </div>
      {kind === "input" && <InputEdit key={chosen} node={chosen} inputOf={inputOf} onChange={onChange} />}
      {kind === "param" && target && <ParamEdit key={chosen} node={target} onChange={onChange} />}
    </fieldset>
  );
}

function InputEdit({ node, inputOf, onChange }: Pick<Props, "inputOf" | "onChange"> & { node: NodeId }) {
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState("");
  useEffect(() => {
    let left = false;
    inputOf(node).then(
      (held) => !left && setText(held),
      (problem: unknown) => !left && setError(String(problem)),
    );
    return () => {
      left = true;
    };
    // The input is read once for each node; what is typed then counts.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [node]);
  if (error) return <p className="field-error">{error}</p>;
  if (text === null) return <p className="text-ink-soft">Reading its input…</p>;
  const change = (next: string) => {
    setText(next);
    const inputs = parseField(node, next);
    onChange(inputs === undefined ? null : { kind: "input", node, inputs });
  };
  return (
    <Text label={`Input of ${node}, as JSON`} text={text} isWrong={parseJson(text) === undefined} onChange={change} />
  );
}

function ParamEdit({ node, onChange }: { node: WorkflowNode; onChange: Props["onChange"] }) {
  const params = node.params ?? {};
  const names = Object.keys(params);
  const [param, setParam] = useState(names[0] ?? "");
  const [text, setText] = useState(() => textOf(params, param));
  const isText = typeof params[param] === "string";
  const setOf = (typed: string) => parseField(`${node.id}.${param}`, isText ? JSON.stringify(typed) : typed);
  if (names.length === 0) return <p className="text-ink-soft">This node has no parameters.</p>;
  const change = (next: string) => {
    setText(next);
    const set = setOf(next);
    onChange(set === undefined ? null : { kind: "param", node: node.id, set });
  };
  return (
    <>
      <select
        aria-label="Parameter"
        value={param}
        onChange={(event) => {
          setParam(event.target.value);
          setText(textOf(params, event.target.value));
          onChange(null);
        }}
      >
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <Text label={`${param} of ${node.id}`} text={text} isWrong={setOf(text) === undefined} onChange={change} />
    </>
  );
}

function textOf(params: Record<string, Json>, param: string): string {
  const value = params[param];
  return typeof value === "string" ? value : writeJsonOf(params, param, 2);
}

interface TextProps {
  label: string;
  text: string;
  isWrong: boolean;
  onChange: (text: string) => void;
}

function Text({ label, text, isWrong, onChange }: TextProps) {
  return (
    <>
      <textarea
        aria-label={label}
        aria-invalid={isWrong}
        rows={Math.min(Math.max(text.split("\n").length, 5), 14)}
        spellCheck={false}
        value={text}
        onChange={(event) => onChange(event.target.value)}
      />
      {isWrong && <p className="field-error">This is not JSON yet.</p>}
    </>
  );
}
