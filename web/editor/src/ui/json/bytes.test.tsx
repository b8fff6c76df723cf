import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Json } from "../../api/types";
import { headOf, readBytes } from "./bytesOf";
import { fromBase64, fromHex, hexDump } from "./hex";
import { JsonView } from "./JsonView";
import { sniff, textOf } from "./sniff";
import type { Slice } from "./tree";

const utf8 = (text: string) => new TextEncoder().encode(text);
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
const hexOf = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const told = (bytes: Uint8Array) => {
  const { name, ending, shownAs } = sniff(bytes);
  return `${name} ${ending} ${shownAs}`;
};

describe("what bytes are", () => {
  it.each([
    ["PNG picture png picture", fromHex("89504e470d0a1a0a0000")],
    ["JPEG picture jpg picture", fromHex("ffd8ffe000104a46")],
    ["GIF picture gif picture", utf8("GIF89a\u0001\u0000")],
    ["WebP picture webp picture", utf8("RIFF\u0001\u0002\u0003\u0004WEBPVP8 ")],
    ["WAV sound wav hex", utf8("RIFF\u0001\u0002\u0003\u0004WAVEfmt ")],
    ["PDF pdf hex", utf8("%PDF-1.7\n")],
    ["ZIP archive zip hex", utf8("PK\u0003\u0004....")],
    ["gzip gz hex", fromHex("1f8b0800")],
    ["bytes bin hex", fromHex("00ff10fe")],
    ["bytes bin hex", new Uint8Array()],
    ["text txt text", utf8("Grüße\n")],
    ["JSON json text", utf8(' {"a": 1}')],
    ["XML xml text", utf8('<?xml version="1.0"?><orders/>')],
  ])("%s", (expected, bytes) => expect(told(bytes)).toBe(expected));

  it("is never a picture or a page when markup could run in it", () => {
    expect(told(utf8('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">'))).toBe("SVG, as text svg text");
    expect(told(utf8('<?xml version="1.0"?>\n<!-- x -->\n<svg>'))).toBe("SVG, as text svg text");
    expect(told(utf8("\n<!DOCTYPE html><script>alert(1)</script>"))).toBe("HTML, as text html text");
  });

  it("is text although its last character was cut in two", () => {
    expect(textOf(utf8("Grüße").subarray(0, 3))).toBe("Gr");
    expect(textOf(fromHex("fffe00"))).toBeNull();
  });
});

describe("bytes", () => {
  it("are read from base64 and hexadecimal, as far as they go", () => {
    expect([...fromBase64("AAH/")]).toEqual([0, 1, 255]);
    expect([...fromBase64("AAE=")]).toEqual([0, 1]);
    expect([...fromBase64("AAH/A")]).toEqual([0, 1, 255]);
    expect([...fromBase64("&&")]).toEqual([]);
    expect([...fromHex("0001ff")]).toEqual([0, 1, 255]);
  });

  it("are written sixteen in a line, to a limit", () => {
    expect(hexDump(utf8("hello, big world\n!"))).toBe(
      "00000000  68 65 6c 6c 6f 2c 20 62 69 67 20 77 6f 72 6c 64  |hello, big world|\n" +
        "00000010  0a 21                                            |.!|",
    );
    expect(hexDump(new Uint8Array(1000)).split("\n")).toHaveLength(16);
  });

  it("begin as their preview does, and are read in slices", async () => {
    const all = Uint8Array.from({ length: 700_000 }, (_, at) => at % 251);
    const value: Json = {
      $preview: { type: "bytes", bytes: 933_350, count: all.length, text: `{"$bytes":"${base64(all.slice(0, 60))}` },
    };
    expect([...headOf(value)]).toEqual([...all.slice(0, 60)]);
    const read = vi.fn(async (_: string, offset: number, limit: number): Promise<Slice> => ({
      type: "bytes",
      count: all.length,
      offset,
      text: hexOf(all.slice(offset, offset + limit)),
    }));
    expect(Buffer.from(await readBytes(value, read, "/file")).equals(Buffer.from(all))).toBe(true);
    expect(read.mock.calls).toEqual([
      ["/file", 0, 524_288],
      ["/file", 524_288, 175_712],
    ]);
    expect(await readBytes(value, read, "/file", 3)).toHaveLength(3);
    const short = async () => ({ type: "bytes", count: 0, offset: 0, text: "" });
    await expect(readBytes(value, short, "/file")).rejects.toThrow("fewer bytes");
  });
});

describe("bytes in the tree", () => {
  beforeEach(() => {
    vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(22);
    vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(400);
    URL.createObjectURL = vi.fn(() => "blob:here");
    URL.revokeObjectURL = vi.fn();
  });
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
  });
  const show = async (bytes: Uint8Array) => {
    render(<JsonView value={{ $bytes: base64(bytes) }} base="input" label="Input" />);
    await act(async () => undefined);
  };

  it("are drawn when they are a picture", async () => {
    await show(fromHex("89504e470d0a1a0a0000"));
    expect(screen.getByAltText("PNG picture").getAttribute("src")).toBe("blob:here");
    const [blob] = vi.mocked(URL.createObjectURL).mock.lastCall as [Blob];
    expect([blob.type, blob.size]).toEqual(["image/png", 10]);
    expect(screen.getByRole("button", { name: "Save as…" })).toBeTruthy();
  });

  it("are only text when they are a page", async () => {
    await show(utf8("<html><img src=x onerror=alert(1)></html>"));
    expect(document.querySelector("img")).toBeNull();
    expect(screen.getByLabelText("Text").textContent).toBe("<html><img src=x onerror=alert(1)></html>");
  });

  it("are numbers when nothing else is known", async () => {
    await show(fromHex("00ff10fe"));
    expect(screen.getByLabelText("The first bytes").textContent).toContain("00 ff 10 fe");
  });
});
