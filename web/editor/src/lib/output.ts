/** What a node gave, by port. */
import type { Json } from "../api/types";
import { isRecord } from "./schema";

/** What left by a port: a node that gives by others than `out` gives a record of them. */
export function leftBy(output: Json, port = "out"): Json {
  return port !== "out" && isRecord(output) && Object.hasOwn(output, port) ? (output[port] as Json) : output;
}
