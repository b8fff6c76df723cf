/** What bytes are, told by how they begin. A name or a header that says otherwise is not asked. */

export interface Sniffed {
  /** As a person calls it: `PNG picture`, `PDF`, `bytes`. */
  name: string;
  mime: string;
  /** How a file with them ends. */
  ending: string;
  /** Pictures are drawn, text is written, of anything else the numbers are shown. */
  shownAs: "picture" | "text" | "hex";
}

type Magic = [start: (number | null)[], ...rest: [name: string, mime: string, ending: string, isPicture?: true]];

const of = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const ANY4 = [null, null, null, null];

const MAGIC: Magic[] = [
  [[0x89, ...of("PNG"), 0x0d, 0x0a, 0x1a, 0x0a], "PNG picture", "image/png", "png", true],
  [[0xff, 0xd8, 0xff], "JPEG picture", "image/jpeg", "jpg", true],
  [of("GIF87a"), "GIF picture", "image/gif", "gif", true],
  [of("GIF89a"), "GIF picture", "image/gif", "gif", true],
  [[...of("RIFF"), ...ANY4, ...of("WEBP")], "WebP picture", "image/webp", "webp", true],
  [[...of("RIFF"), ...ANY4, ...of("WAVE")], "WAV sound", "audio/wav", "wav"],
  [of("%PDF-"), "PDF", "application/pdf", "pdf"],
  [[...of("PK"), 3, 4], "ZIP archive", "application/zip", "zip"],
  [[0x1f, 0x8b], "gzip", "application/gzip", "gz"],
  [of("SQLite format 3\0"), "SQLite database", "application/vnd.sqlite3", "sqlite"],
];

/** A picture that is drawn by its markup can carry scripts, so it is text here, like a page. */
const MARKUP: [RegExp, string, string, string][] = [
  [/^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg[\s>]/is, "SVG, as text", "image/svg+xml", "svg"],
  [/^\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body)\b/is, "HTML, as text", "text/html", "html"],
  [/^\s*<\?xml\s/i, "XML", "application/xml", "xml"],
  [/^\s*[[{]\s*["[{\]}\d-]/, "JSON", "application/json", "json"],
];

export function sniff(bytes: Uint8Array): Sniffed {
  for (const [start, name, mime, ending, isPicture] of MAGIC) {
    const fits = bytes.length >= start.length && start.every((byte, at) => byte === null || bytes[at] === byte);
    if (fits) return { name, mime, ending, shownAs: isPicture ? "picture" : "hex" };
  }
  const text = textOf(bytes);
  if (text === null) return { name: "bytes", mime: "application/octet-stream", ending: "bin", shownAs: "hex" };
  const markup = MARKUP.find(([pattern]) => pattern.test(text));
  const [, name, mime, ending] = markup ?? [null, "text", "text/plain", "txt"];
  return { name, mime, ending, shownAs: "text" };
}

/** The text that bytes are, or null. The last character may be cut in two. */
export function textOf(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return CONTROL.test(text) ? null : text;
  } catch {
    return null;
  }
}

// Tabs, line ends and the escapes of coloured logs are in texts.
const CONTROL = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f]/;
