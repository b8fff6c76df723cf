import { useState } from "react";
import { same } from "../document/json";

/** The value that was there before, as long as this one equals it: what follows from it need not be made again. */
export function useSame<T>(value: T): T {
  const [held, hold] = useState(value);
  if (same(held, value)) return held;
  hold(value);
  return value;
}
