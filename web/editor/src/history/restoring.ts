/** Going back to an older version: an edit forward, which can itself be taken back by going back again. */
import type { Opened } from "../document/open";
import { complain } from "../run/actions";
import { say } from "../ui/say";
import { currentHash, restore } from "./api";
import { showVersion } from "./historyStore";

/** Everything that was typed is a version first, so that nothing is lost by going back. */
export async function keptHash(id: string, { saver }: Opened): Promise<string> {
  await saver.now();
  if (saver.saved.state.kind !== "saved") {
    throw new Error("what is on the screen could not be saved, so nothing can be built on it yet");
  }
  return currentHash(id);
}

export async function restoreVersion(id: string, hash: string, opened: Opened): Promise<void> {
  try {
    const before = await keptHash(id, opened);
    if (before === hash) return say("The workflow is like this already.");
    await restore(id, hash);
    showVersion(null);
    say("Restored, as a new edit. What came in between stays in the history.", {
      label: "Undo",
      act: () => void takeBack(id, before),
    });
  } catch (error) {
    complain(error);
  }
}

async function takeBack(id: string, hash: string) {
  try {
    await restore(id, hash);
    say("Restored what was there before.");
  } catch (error) {
    complain(error);
  }
}
