/** The functions that scripts can call, read once from the service. */
import { get } from "../../api/client";

export interface ScriptFunction {
  name: string;
  signature: string;
  about: string;
  effect: boolean;
}

let asked: Promise<readonly ScriptFunction[]> | null = null;

/** Empty while the service does not answer; asked again the next time. */
export function scriptFunctions(): Promise<readonly ScriptFunction[]> {
  asked ??= get<ScriptFunction[]>("/functions").catch(() => {
    asked = null;
    return [];
  });
  return asked;
}
