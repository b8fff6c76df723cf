/**
 * The part of Markdown that the documentation of node types is written in, as data: whoever shows it makes elements
 * of it, so text never becomes HTML.
 */
export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "strong" | "emphasis"; parts: Inline[] }
  | { kind: "link"; href: string; parts: Inline[] };

export type Block =
  | { kind: "heading"; level: number; parts: Inline[] }
  | { kind: "paragraph"; parts: Inline[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][] };

export function parseMarkdown(text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  while (lines.length > 0) {
    if (lines[0]?.trim() === "") lines.shift();
    else blocks.push(takeBlock(lines));
  }
  return blocks;
}

const FENCE = /^\s*(```+)\s*(\S*)/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const ROW = /^\s*\|.*\|\s*$/;
const RULE_ROW = /^\s*\|[\s:|-]+\|\s*$/;

/** Takes the lines of one block off the front. */
function takeBlock(lines: string[]): Block {
  const [first = "", second = ""] = lines;
  if (FENCE.test(first)) return takeCode(lines);
  const heading = HEADING.exec(first);
  if (heading) {
    lines.shift();
    return { kind: "heading", level: heading[1]?.length ?? 1, parts: parseInline(heading[2] ?? "") };
  }
  if (ROW.test(first) && RULE_ROW.test(second)) return takeTable(lines);
  return ITEM.test(first) ? takeList(lines) : takeParagraph(lines);
}

function takeCode(lines: string[]): Block {
  const [, fence = "```", language = ""] = FENCE.exec(lines.shift() ?? "") ?? [];
  const end = lines.findIndex((line) => line.trim().startsWith(fence));
  const inner = lines.splice(0, end < 0 ? lines.length : end);
  lines.shift();
  return { kind: "code", language, text: inner.join("\n") };
}

function takeWhile(lines: string[], keep: (line: string) => boolean): string[] {
  const end = lines.findIndex((line) => !keep(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

function takeTable(lines: string[]): Block {
  const [head = "", , ...rows] = takeWhile(lines, (line) => ROW.test(line));
  return { kind: "table", head: cells(head), rows: rows.map(cells) };
}

/** A bar in code, or after a backslash, does not end a cell. */
function cells(row: string): Inline[][] {
  const inner = row.trim().slice(1, -1);
  const parts = inner.match(/(?:`[^`]*`|\\\||[^|])+|(?<=\|)(?=\|)/g) ?? [];
  return parts.map((cell) => parseInline(cell.replaceAll("\\|", "|").trim()));
}

function takeList(lines: string[]): Block {
  const ordered = ITEM.exec(lines[0] ?? "")?.[1] !== undefined;
  const items: string[] = [];
  for (const line of takeWhile(lines, (next) => ITEM.test(next) || /^\s+\S/.test(next))) {
    const item = ITEM.exec(line);
    if (item) items.push(item[2] ?? "");
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return { kind: "list", ordered, items: items.map(parseInline) };
}

function takeParagraph(lines: string[]): Block {
  const first = lines.shift() ?? "";
  const rest = takeWhile(
    lines,
    (line) => line.trim() !== "" && !FENCE.test(line) && !HEADING.test(line) && !ITEM.test(line),
  );
  return { kind: "paragraph", parts: parseInline([first, ...rest].map((line) => line.trim()).join(" ")) };
}

const INLINE = /(`+)(.+?)\1(?!`)|\*\*(.+?)\*\*|(?<![\w*])[*_](\S(?:.*?\S)?)[*_](?!\w)|\[([^\]]+)\]\(([^)\s]+)\)/;

export function parseInline(text: string): Inline[] {
  const found = INLINE.exec(text);
  if (!found) return text ? [{ kind: "text", text }] : [];
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + found[0].length);
  return [...(before ? [{ kind: "text", text: before } as const] : []), inlineOf(found), ...parseInline(after)];
}

function inlineOf([whole, , code, strong, emphasis, label, href]: RegExpExecArray): Inline {
  if (code !== undefined) return { kind: "code", text: code.length > 2 ? code.replace(/^ (.*) $/, "$1") : code };
  if (strong !== undefined) return { kind: "strong", parts: parseInline(strong) };
  if (emphasis !== undefined) return { kind: "emphasis", parts: parseInline(emphasis) };
  // Only addresses that open a page: no script, no data.
  const safe = href !== undefined && /^https?:\/\//.test(href);
  return safe ? { kind: "link", href, parts: parseInline(label ?? "") } : { kind: "text", text: label ?? whole };
}
