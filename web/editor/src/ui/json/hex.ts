/** Bytes as JSON and the service write them, and as a person reads them. */

const LINE = 16;

/** `00000010  68 65 6c 6c 6f …  |hello…|`, a line for each sixteen bytes. */
export function hexDump(bytes: Uint8Array, most = 256): string {
  const lines: string[] = [];
  const end = Math.min(bytes.length, most);
  for (let at = 0; at < end; at += LINE) {
    const part = [...bytes.subarray(at, Math.min(at + LINE, end))];
    const pairs = part
      .map(pair)
      .join(" ")
      .padEnd(LINE * 3 - 1);
    const letters = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${pairs}  |${letters}|`);
  }
  return lines.join("\n");
}

const pair = (byte: number) => byte.toString(16).padStart(2, "0");

export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length >> 1);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}

/** As much of base64 as is there: a text that was cut gives the bytes before the cut, a wrong one gives none. */
export function fromBase64(base64: string): Uint8Array<ArrayBuffer> {
  const text = base64.replace(/=+$/, "");
  try {
    const letters = atob(text.length % 4 === 1 ? text.slice(0, -1) : text);
    return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
