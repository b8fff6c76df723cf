/**
 * The scripted language model, `tests/models/README.md`: it says what a script in that folder says. The binary lies beside the
 * service's, or MODEL_SERVER_BIN names it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPTS = fileURLToPath(new URL("../../../tests/models/", import.meta.url));

const binary = () => process.env.MODEL_SERVER_BIN ?? join(dirname(process.env.FLOWFORGE_BIN ?? ""), "model-server");

/** `asked` gives what it was asked so far; `env` makes a service use it. */
export async function startModel(script) {
  const child = spawn(binary(), [join(SCRIPTS, script)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    ended.then(([code]) => Promise.reject(new Error(`the scripted model ended with ${code}`))),
  ]);
  const { baseUrl } = JSON.parse(line);
  const asked = async () => (await (await fetch(new URL("/requests", baseUrl))).json()).items;
  const stop = async () => {
    child.kill();
    await ended;
  };
  return { env: { FLOWFORGE_AI_BASE_URL: baseUrl }, asked, stop };
}
