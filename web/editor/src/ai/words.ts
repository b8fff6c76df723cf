/** Text from outside, so that it can be shown as it is: nothing in it is hidden, loads, or runs. */
import type { Json } from "../api/types";
import { oneLine } from "../lib/words";

/** Characters without a shape, and those that turn the direction of reading. The joiner inside an emoji is not meant. */
const HIDDEN =
  /(?<!\p{Extended_Pictographic}\uFE0F?)\u200D|[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B\u200C\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0]|[\u{E0000}-\u{E0FFF}]/gu;

const nameOf = (character: string) => `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`;

/** The text with every character that cannot be seen written as its number. */
export const visible = (text: string) => text.replace(HIDDEN, (character) => `⟨${nameOf(character)}⟩`);

export const shortValue = (value: Json, most = 80) => visible(oneLine(value, most));
