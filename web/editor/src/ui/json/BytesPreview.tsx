/**
 * Bytes as a picture when they are one, as text when they are that, else as numbers. A page or a drawing in markup is
 * text here: nothing that came out of a run is ever run in the editor.
 */
import { Download } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import type { Json } from "../../api/types";
import { headOf, readBytes } from "./bytesOf";
import { hexDump } from "./hex";
import { bytes as sizeText, countOf } from "./kinds";
import { steps } from "./pointer";
import { type Sniffed, sniff, textOf } from "./sniff";
import type { ReadSlice } from "./tree";

/** More than this is not drawn. */
const PICTURE_MAX = 8_000_000;
const TEXT_MAX = 16_000;
const HEX_MAX = 256;

interface Props {
  value: Json;
  pointer: string;
  read?: ReadSlice | undefined;
}

export function BytesPreview({ value, pointer, read }: Props) {
  const kind = sniff(headOf(value));
  const count = countOf(value);
  const isTooLarge = kind.shownAs === "picture" && count > PICTURE_MAX;
  const most = { picture: isTooLarge ? HEX_MAX : count, text: TEXT_MAX, hex: HEX_MAX }[kind.shownAs];
  const found = useBytes(value, pointer, read, most);
  return (
    <div className="json-bytes" role="group" aria-label={`${kind.name}, ${sizeText(count)}`}>
      <div className="json-bytes-head">
        <span>
          {kind.name} · {sizeText(count)}
          {isTooLarge && ", too large to draw"}
        </span>
        <SaveAs {...{ value, pointer, read, kind }} />
      </div>
      {found instanceof Error && <span className="text-failed">{found.message}</span>}
      {found === null && <span className="json-absent">reading…</span>}
      {found instanceof Uint8Array && <Shown bytes={found} kind={kind} isWhole={found.length === count} />}
    </div>
  );
}

type Found = Uint8Array<ArrayBuffer> | Error | null;

function useBytes(value: Json, pointer: string, read: ReadSlice | undefined, most: number): Found {
  const [state, setState] = useState<{ of: Json; found: Found }>({ of: value, found: null });
  useEffect(() => {
    let isWanted = true;
    const set = (found: Found) => isWanted && setState({ of: value, found });
    readBytes(value, read, pointer, most).then(set, (error: unknown) =>
      set(error instanceof Error ? error : new Error(String(error))),
    );
    return () => void (isWanted = false);
  }, [value, pointer, read, most]);
  return state.of === value ? state.found : null;
}

function Shown({ bytes, kind, isWhole }: { bytes: Uint8Array<ArrayBuffer>; kind: Sniffed; isWhole: boolean }) {
  if (kind.shownAs === "picture" && isWhole) return <Picture bytes={bytes} kind={kind} />;
  const text = kind.shownAs === "text" ? textOf(bytes) : null;
  const shown = text === null ? hexDump(bytes, HEX_MAX) : text.slice(0, TEXT_MAX);
  const isAll = isWhole && (text !== null || bytes.length <= HEX_MAX);
  return (
    <pre className="json-bytes-text" tabIndex={0} aria-label={text === null ? "The first bytes" : "Text"}>
      {shown}
      {!isAll && "\n…"}
    </pre>
  );
}

function Picture({ bytes, kind: { name, mime } }: { bytes: Uint8Array<ArrayBuffer>; kind: Sniffed }) {
  const [size, setSize] = useState("");
  const [isBroken, setBroken] = useState(false);
  const draw = useCallback(
    (picture: HTMLImageElement) => {
      picture.src = URL.createObjectURL(new Blob([bytes], { type: mime }));
      return () => URL.revokeObjectURL(picture.src);
    },
    [bytes, mime],
  );
  if (isBroken) return <pre className="json-bytes-text">{hexDump(bytes, HEX_MAX)}</pre>;
  return (
    <figure className="json-picture">
      <img
        ref={draw}
        alt={name}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setSize(`${naturalWidth} × ${naturalHeight}`)}
        onError={() => setBroken(true)}
      />
      {size && <figcaption>{size}</figcaption>}
    </figure>
  );
}

function SaveAs({ value, pointer, read, kind }: Props & { kind: Sniffed }) {
  const [trouble, setTrouble] = useState("");
  const save = async () => {
    setTrouble("");
    try {
      // Never under its own type: a browser that opens what it loads would run a page or a drawing in markup.
      offer(new Blob([await readBytes(value, read, pointer)], { type: "application/octet-stream" }));
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    }
  };
  const offer = (blob: Blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${(steps(pointer).at(-1) ?? "value").replace(/[^\w.-]+/g, "_")}.${kind.ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  return (
    <>
      <button type="button" className="json-save" onClick={() => void save()}>
        <Download size={12} aria-hidden /> Save as…
      </button>
      {trouble && (
        <span className="text-failed" role="alert">
          {trouble}
        </span>
      )}
    </>
  );
}
