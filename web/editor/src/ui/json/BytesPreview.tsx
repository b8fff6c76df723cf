/** Bytes as a picture when they are one, else as text when they are that. HTML is shown as its text, never run. */

const PICTURES: [string, string][] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];
/** More than this is not drawn. */
const BASE64_MAX = 4_000_000;
const TEXT_MAX = 200;

export function BytesPreview({ base64 }: { base64: string }) {
  const type = PICTURES.find(([start]) => base64.startsWith(start))?.[1];
  if (base64.length > BASE64_MAX) return null;
  return type ? <Picture base64={base64} type={type} /> : <BytesText base64={base64} />;
}

function Picture({ base64, type }: { base64: string; type: string }) {
  const show = (picture: HTMLImageElement) => {
    picture.src = URL.createObjectURL(new Blob([decode(base64)], { type }));
    return () => URL.revokeObjectURL(picture.src);
  };
  return <img key={base64} ref={show} className="json-picture" alt={`Picture, ${type}`} />;
}

function BytesText({ base64 }: { base64: string }) {
  const bytes = decode(base64.slice(0, Math.ceil(TEXT_MAX / 3) * 4));
  const text = new TextDecoder("utf-8").decode(bytes);
  const isText = bytes.length > 0 && !/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text.slice(0, -1));
  return <span className="json-leaf">{isText ? text.slice(0, TEXT_MAX) : hex(bytes)}</span>;
}

const hex = (bytes: Uint8Array) =>
  [...bytes.slice(0, 24)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ") + (bytes.length > 24 ? " …" : "");

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64.slice(0, base64.length - (base64.length % 4)));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
