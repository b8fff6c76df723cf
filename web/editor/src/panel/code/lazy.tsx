/** The editors, loaded when the first field needs one. Until then the text can be read, and an expression be typed. */
import { lazy, Suspense } from "react";
import type { CodeEditorProps } from "./CodeEditor";
import type { ExpressionEditorProps } from "./ExpressionEditor";

const LazyCode = lazy(() => import("./CodeEditor").then(({ CodeEditor }) => ({ default: CodeEditor })));
const LazyExpression = lazy(() =>
  import("./ExpressionEditor").then(({ ExpressionEditor }) => ({ default: ExpressionEditor })),
);

export function CodeEditor(props: CodeEditorProps) {
  return (
    <Suspense fallback={<pre className="field-input field-code">{props.value}</pre>}>
      <LazyCode {...props} />
    </Suspense>
  );
}

export function ExpressionEditor(props: ExpressionEditorProps) {
  const { value, type, readOnly, id, placeholder } = props;
  const plain = (
    <input
      id={id}
      aria-label={props["aria-label"]}
      aria-describedby={props["aria-describedby"]}
      className="field-input field-code"
      value={value}
      placeholder={placeholder}
      readOnly={readOnly}
      onChange={(event) => type(event.target.value)}
    />
  );
  return (
    <Suspense fallback={plain}>
      <LazyExpression {...props} />
    </Suspense>
  );
}
