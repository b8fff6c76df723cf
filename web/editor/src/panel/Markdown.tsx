/** Markdown as elements. */
import { createElement, type ReactNode } from "react";
import { parseMarkdown, type Block, type Inline } from "../lib/markdown";

/** `level` is what a first-level heading becomes, to fit where it stands. */
export function Markdown({ text, level = 3 }: { text: string; level?: number }) {
  return (
    <div className="prose">
      {parseMarkdown(text).map((block, at) => (
        <BlockView key={at} block={block} level={level} />
      ))}
    </div>
  );
}

function BlockView({ block, level }: { block: Block; level: number }) {
  switch (block.kind) {
    case "heading":
      return createElement(`h${Math.min(block.level + level - 1, 6)}`, null, <Inlines parts={block.parts} />);
    case "paragraph":
      return (
        <p>
          <Inlines parts={block.parts} />
        </p>
      );
    case "code":
      return <pre tabIndex={0}>{block.text}</pre>;
    case "list":
      return createElement(
        block.ordered ? "ol" : "ul",
        null,
        ...block.items.map((item, at) => <Item key={at} parts={item} />),
      );
    case "table":
      return <Table {...block} />;
  }
}

const Item = ({ parts }: { parts: Inline[] }) => (
  <li>
    <Inlines parts={parts} />
  </li>
);

function Table({ head, rows }: { head: Inline[][]; rows: Inline[][][] }) {
  const row = (cells: Inline[][], tag: "th" | "td"): ReactNode[] =>
    cells.map((cell, at) => createElement(tag, { key: at }, <Inlines parts={cell} />));
  return (
    <div className="prose-table" tabIndex={0} role="group" aria-label="Table">
      <table>
        <thead>
          <tr>{row(head, "th")}</tr>
        </thead>
        <tbody>
          {rows.map((cells, at) => (
            <tr key={at}>{row(cells, "td")}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Inlines({ parts }: { parts: Inline[] }): ReactNode {
  return parts.map((part, at) => {
    switch (part.kind) {
      case "text":
        return part.text;
      case "code":
        return <code key={at}>{part.text}</code>;
      case "link":
        return (
          <a key={at} href={part.href} target="_blank" rel="noreferrer">
            <Inlines parts={part.parts} />
          </a>
        );
      case "strong":
      case "emphasis":
        return createElement(part.kind === "strong" ? "strong" : "em", { key: at }, <Inlines parts={part.parts} />);
    }
  });
}
