/** Text from outside, so that it can be shown as it is: nothing in it is hidden, loads, or runs. */
import type { Json } from "../api/types";
import { oneLine } from "../lib/words";

/**
 * Characters without a shape, those that turn the direction of reading, and those that steer a terminal: the same as in
 * `ai/src/proposal/hidden.rs`, but for what holds an emoji together.
 */
const HIDDEN =
  /(?<!\p{Extended_Pictographic}\uFE0F?)\u200D|(?<![\p{Extended_Pictographic}\d#*])\uFE0F|[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B\u200C\u200E\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0E\uFEFF\uFFA0\uFFF0-\uFFFB]|[\u{1D173}-\u{1D17A}]|[\u{E0000}-\u{E0FFF}]/gu;

const nameOf = (character: string) => `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`;

/** The text with every character that cannot be seen written as its number. */
export const visible = (text: string) => text.replace(HIDDEN, (character) => `⟨${nameOf(character)}⟩`);

export const shortValue = (value: Json, most = 80) => visible(oneLine(value, most));
