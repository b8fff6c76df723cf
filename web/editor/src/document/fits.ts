/**
 * Which values the fields take that the engine knows. Another value stays in the document, is not shown, and is a problem;
 * the service says the same in the same words (`collab/src/project/fields.rs`).
 */
import type { Json } from "../api/types";
import { isRecord } from "./nested";

export interface Fit {
  expected: string;
  takes(value: Json): boolean;
}

export type Fits = Readonly<Record<string, Fit>>;

const U32_MAX = 2 ** 32 - 1;
const U64_MAX = 2 ** 64;

const isText = (value: Json) => typeof value === "string";
const isTruth = (value: Json) => typeof value === "boolean";
const isNumber = (value: Json) => typeof value === "number";
const isShare = (value: Json) => isNumber(value) || isTruth(value);
const isWhole = (value: Json) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < U64_MAX;
const isSmall = (value: Json) => isWhole(value) && (value as number) <= U32_MAX;
/** A word, or a record of the word alone, which the engine reads alike. */
const isOneOf =
  (...words: string[]) =>
  (value: Json): boolean =>
    typeof value === "string" ? words.includes(value) : isRecord(value) && isWordAlone(Object.entries(value), words);

const isWordAlone = (fields: [string, Json][], words: string[]) =>
  fields.length === 1 && fields.every(([name, value]) => words.includes(name) && value === null);

const isRecordOf =
  (fields: Readonly<Record<string, (value: Json) => boolean>>) =>
  (value: Json): boolean =>
    isRecord(value) && Object.entries(fields).every(([name, takes]) => !(name in value) || takes(value[name] as Json));

const orNull = ({ expected, takes }: Fit): Fit => ({ expected, takes: (value) => value === null || takes(value) });

const TEXT: Fit = { expected: "a text", takes: isText };
const RECORD: Fit = { expected: "a record", takes: isRecord };
const TRUTH: Fit = { expected: "true or false", takes: isTruth };
const WHOLE: Fit = { expected: "a whole number", takes: isWhole };
const RETRY: Fit = {
  expected: "a record of how to try again",
  takes: isRecordOf({
    maxAttempts: isSmall,
    delayMs: isWhole,
    backoffMultiplier: isNumber,
    jitter: isShare,
    maxDelayMs: isWhole,
  }),
};

export const NODE_FITS: Fits = {
  name: orNull(TEXT),
  params: RECORD,
  parent: orNull({ expected: "the id of a node", takes: isText }),
  disabled: TRUTH,
  retry: orNull(RETRY),
  timeoutMs: orNull(WHOLE),
  onError: orNull({
    expected: "`stop`, `continue`, `port` or `pause`",
    takes: isOneOf("stop", "continue", "port", "pause"),
  }),
  memo: orNull(TRUTH),
};

export const EDGE_FITS: Fits = { sourcePort: TEXT, targetPort: TEXT };

export const CONFIG_FITS: Fits = {
  maxParallel: { ...WHOLE, takes: isSmall },
  errorHandling: { expected: "`stop`, `continue` or `retry`", takes: isOneOf("stop", "continue", "retry") },
  retry: orNull(RETRY),
  memo: TRUTH,
  vars: RECORD,
  healing: { expected: "`off`, `propose` or `auto-safe`", takes: isOneOf("off", "propose", "auto-safe") },
  limits: {
    expected: "a record of limits",
    takes: isRecordOf({ maxFrames: isWhole, maxDepth: isSmall, maxValueBytes: isWhole }),
  },
};

export const WORKFLOW_FITS: Fits = { name: TEXT, version: WHOLE };
