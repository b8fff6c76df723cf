/** The bytes of a value: those that came with it, and those that are read because somebody looks at them. */
import type { Json, Preview } from "../../api/types";
import { fromBase64, fromHex } from "./hex";
import { countOf, isBytes, isPreview } from "./kinds";
import type { ReadSlice } from "./tree";

/** Bytes that are asked for at once. */
const SLICE = 512 << 10;

/** How they begin; for bytes that were cut, from the start of their JSON. */
export function headOf(value: Json): Uint8Array<ArrayBuffer> {
  if (isBytes(value)) return fromBase64(value.$bytes.slice(0, 4096));
  const text = isPreview(value) ? (value as Preview).$preview.text : "";
  return fromBase64(/"\$bytes"\s*:\s*"([A-Za-z0-9+/=]*)/.exec(text)?.[1] ?? "");
}

/** The first so many of them. */
export async function readBytes(value: Json, read: ReadSlice | undefined, pointer: string, most = Infinity) {
  if (isBytes(value)) return fromBase64(value.$bytes).subarray(0, most);
  if (!read) return headOf(value).subarray(0, most);
  const all = new Uint8Array(Math.min(countOf(value), most));
  for (let at = 0; at < all.length;) {
    const slice = await read(pointer, at, Math.min(SLICE, all.length - at));
    const part = fromHex(slice.text ?? "");
    if (part.length === 0) throw new Error("the service gave fewer bytes than the value has");
    all.set(part.subarray(0, all.length - at), at);
    at += part.length;
  }
  return all;
}
