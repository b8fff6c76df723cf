import { describe, expect, it } from "vitest";
import { parseInline, parseMarkdown } from "./markdown";

const kinds = (text: string) => parseMarkdown(text).map(({ kind }) => kind);

describe("Markdown", () => {
  it("is read block by block", () => {
    const text =
      "# A\n\none\ntwo\n- x\n- y\n  z\n\n1. first\n\n```yaml\na: 1\n\nb\n```\n| h | i |\n|---|---|\n| 1 | 2 |";
    expect(kinds(text)).toEqual(["heading", "paragraph", "list", "list", "code", "table"]);
    expect(parseMarkdown(text)[1]).toMatchObject({ parts: [{ text: "one two" }] });
    expect(parseMarkdown(text)[2]).toMatchObject({ ordered: false, items: [[{ text: "x" }], [{ text: "y z" }]] });
    expect(parseMarkdown(text)[3]).toMatchObject({ ordered: true });
    expect(parseMarkdown(text)[4]).toMatchObject({ language: "yaml", text: "a: 1\n\nb" });
  });

  it("keeps empty cells, and bars in code", () => {
    const [table] = parseMarkdown("| a | b | c |\n|---|---|---|\n| `x|y` | | z |");
    expect(table).toMatchObject({ rows: [[[{ kind: "code", text: "x|y" }], [], [{ text: "z" }]]] });
  });

  it("knows code, strong, emphasis and links", () => {
    expect(parseInline("a `b` **c** *d* [e](https://f.example)").map(({ kind }) => kind)).toEqual([
      "text",
      "code",
      "text",
      "strong",
      "text",
      "emphasis",
      "text",
      "link",
    ]);
    expect(parseInline("snake_case_name and 2 * 3 * 4")).toEqual([
      { kind: "text", text: "snake_case_name and 2 * 3 * 4" },
    ]);
  });

  it("makes no link of a script, and no element of HTML", () => {
    expect(parseInline("[x](javascript:alert(1))")[0]).toEqual({ kind: "text", text: "x" });
    expect(parseMarkdown("<img src=x onerror=alert(1)>")).toEqual([
      { kind: "paragraph", parts: [{ kind: "text", text: "<img src=x onerror=alert(1)>" }] },
    ]);
  });

  it("ends a fence that is never closed at the end", () => {
    expect(parseMarkdown("```\na")).toEqual([{ kind: "code", language: "", text: "a" }]);
  });
});
