/**
 * A browser test on a busy machine: the browser, the service and the test share its cores, and a step may once come later
 * than it is waited for. So a test that fails is attempted once more, in a new service and a new browser, and says so; what
 * fails twice has failed.
 */
import { after, test as once } from "node:test";
import { stopBrowsers } from "./harness.mjs";

after(stopBrowsers);

export function test(name, options, body) {
  if (!body) [options, body] = [{}, options];
  return once(name, options, async (context) => {
    try {
      await body(context);
    } catch (error) {
      context.diagnostic(`UNSTEADY: "${name}" failed and is attempted again: ${error.stack ?? error}`);
      await body(context);
    }
  });
}
